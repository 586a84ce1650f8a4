"""`python -m tests.campaign`."""

from tests.campaign.command import main

raise SystemExit(main())
