"""The effective table, as the page shows it."""

from importlib.metadata import version
from typing import Any

from routing.overlap import Overlaps
from routing.rule import Rule
from routing.table import RoutingTable
from worker.routes_json import as_json
from worker.settings import Settings

_NOT_SHOWN = ("overlaps", "overlaps_complete")  # too long to look for while deliveries wait


def table_json(table: RoutingTable, settings: Settings) -> dict[str, Any]:
    """Return what `routes --format json` says but for overlaps, and what is chosen from."""
    whole = as_json(table, table.rules, Overlaps((), complete=False), settings.prefix)
    return {
        **{name: value for name, value in whole.items() if name not in _NOT_SHOWN},
        "models": _models(table),
        "platforms": sorted(table.platforms),
        "prefix": settings.prefix,
        "worker": settings.worker_id,
        "version": version("pointsman"),
    }


def _models(table: RoutingTable) -> list[str]:
    """Return every model, in the order in which the table comes to it."""
    named = [model for rule in table.rules for model in _models_of(rule)]
    return list(dict.fromkeys([*named, table.base.model, *sorted(table.known_models)]))


def _models_of(rule: Rule) -> list[str]:
    return [target.runtime.model for target in rule.targets]
