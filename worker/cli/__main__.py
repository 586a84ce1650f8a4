"""`python -m worker.cli` is the command `pointsman`."""

from worker.cli.app import main

main()
