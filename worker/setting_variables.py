"""The variables of the environment that look like settings."""

import re
from collections.abc import Mapping

from routing.suggest import did_you_mean
from worker.settings import Settings

PREFIX = "POINTSMAN_"
# `--config`, and the campaign's list of brokers to be run on.
_OTHERS = ("CONFIG", "CAMPAIGN_BROKERS")
# Kubernetes tells every pod of a service called `pointsman` where it is.
_OF_A_SERVICE = re.compile(r"(?:.*_)?(?:SERVICE_(?:HOST|PORT(?:_.*)?)|PORT(?:_\d+_.*)?)")


def unknown_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return a line for each `POINTSMAN_*` variable that nothing reads; never with its value."""
    known = [name.upper() for name in (*Settings.names(), *_OTHERS)]
    lines = []
    for variable in sorted(environ):
        name = variable.removeprefix(PREFIX)
        if name == variable or name in known or _OF_A_SERVICE.fullmatch(name):
            continue
        hint = did_you_mean(name.lower(), (each.lower() for each in known))
        meant = f"; did you mean {PREFIX}{hint.split('`')[1].upper()}?" if hint else ""
        lines.append(f"the variable {variable} is not a setting, and ignored{meant}")
    return tuple(lines)
