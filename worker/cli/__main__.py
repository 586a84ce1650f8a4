"""`python -m worker.cli` is the command `pointsman`."""

from worker.cli.entry_point import main

main()
