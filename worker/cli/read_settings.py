"""The settings of a command that runs once."""

import os
import sys
from collections.abc import Mapping

from worker.broker_access import unverified
from worker.config_file import Config
from worker.setting_variables import unknown_variables
from worker.settings import Settings


def read_settings(loaded: Config, flags: Mapping[str, str | None]) -> Settings:
    """Return the settings; a variable that looks like one is told of on standard error.

    Raises CommandFailed naming the setting that cannot be used.
    """
    for line in unknown_variables(os.environ):
        sys.stderr.write(f"pointsman: warning: {line}\n")
    settings = loaded.settings(flags, os.environ)
    for line in unverified(settings):
        sys.stderr.write(f"pointsman: warning: {line}\n")
    return settings
