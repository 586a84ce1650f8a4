"""Warns of keys that would be sent to another host than the one they are for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from contracts import Runtime
from routing.node import Place
from routing.problem import Placed
from routing.report import Report
from routing.rule_draft import RuleDraft
from routing.table_draft import TableDraft
from routing.target_draft import RuntimeDraft, TargetDraft


@dataclass(frozen=True, slots=True)
class _Bundle:
    """Fields of a runtime, and whose its key is."""

    values: Mapping[str, Any]
    keyed_by: str


def lint_keys(draft: TableDraft, report: Report) -> None:
    """Warn of each place that goes to another provider or host and inherits its key."""
    _Keys(draft.runtimes, report).read(draft)


class _Keys:
    def __init__(self, runtimes: Mapping[str, Runtime], report: Report) -> None:
        self._runtimes = runtimes
        self._report = report

    def read(self, draft: TableDraft) -> None:
        base = _Bundle(draft.block.base.values, "the base's key")
        self._read_fallbacks(draft.block.fallbacks, base, "model", Place(1, 1))
        # One entry of the file may be several rules.
        entries = {rule.identity: rule for rule in reversed(draft.rules)}
        for rule in entries.values():
            self._read_rule(rule, base)

    def _read_rule(self, rule: RuleDraft, base: _Bundle) -> None:
        own = self._read_target(rule.target, base, rule.name, rule)
        for at, variant in enumerate(rule.split):
            self._read_target(variant.target, own, f"{rule.name}.split[{at}]", rule)

    def _read_target(
        self, target: TargetDraft, inherited: _Bundle, name: str, place: Placed
    ) -> _Bundle:
        own = self._read_runtime(target.runtime, inherited, name, place)
        self._read_fallbacks(target.fallbacks, own, name, place)
        return own

    def _read_fallbacks(
        self, fallbacks: Sequence[RuntimeDraft], inherited: _Bundle, name: str, place: Placed
    ) -> None:
        for at, fallback in enumerate(fallbacks):
            self._read_runtime(fallback, inherited, f"{name}.fallbacks[{at}]", place)

    def _read_runtime(
        self, draft: RuntimeDraft, inherited: _Bundle, name: str, place: Placed
    ) -> _Bundle:
        if draft.named is not None:
            inherited = self._bundle_of(draft.named)
        fields = draft.fields
        values = {**inherited.values, **fields.values}
        if "credential" in fields.values:
            return _Bundle(values, f"the key of `{name}`")
        changed = _changed(inherited.values, fields.values)
        if changed is not None and inherited.values.get("credential") is not None:
            what = "the host of `base_url`" if changed == "base_url" else "`provider`"
            self._report.warning(
                fields.places.get(changed, place),
                f"`{name}` changes {what} and inherits {inherited.keyed_by}"
                f" ({inherited.values['credential']}), which would be sent there",
                "give it an `api_key` of its own",
            )
        return _Bundle(values, inherited.keyed_by)

    def _bundle_of(self, name: str) -> _Bundle:
        runtime = self._runtimes.get(name)
        values = {} if runtime is None else runtime.model_dump(exclude_none=True)
        return _Bundle(values, f"the key of `runtimes.{name}`")


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> str | None:
    """Return the field that says that the key would go elsewhere."""
    for name, is_same in (("base_url", _same_host), ("provider", str.__eq__)):
        if name in new and (old.get(name) is None or not is_same(old[name], new[name])):
            return name
    return None


def _same_host(one: str, other: str) -> bool:
    return _host(one) == _host(other)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or url
    except ValueError:
        return url
