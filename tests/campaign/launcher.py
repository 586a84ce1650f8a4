"""`python -m tests.campaign.launcher MUTATION run …`: pointsman, broken in memory."""

import sys

from tests.campaign.mutation import MUTATIONS
from worker.cli.app import main

MUTATIONS[sys.argv.pop(1)]()
main()
