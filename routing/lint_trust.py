"""Warns of what is the owner's and is given to others as well: keys, and models."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from contracts import Runtime, SourceKind
from routing.domain import KIND
from routing.earlier_rules import EarlierRules
from routing.laws import Laws
from routing.node import Place
from routing.override_policy import OverridePolicy
from routing.problem import Placed
from routing.read_match import Match, equals
from routing.report import Report
from routing.rule_draft import RuleDraft
from routing.search import Steps, TooManySteps
from routing.table_draft import TableDraft
from routing.target import Target
from routing.witness import STEPS, Witness, refine

# The scheduler runs what its owner wrote, so it is none of them.
_OTHERS = {SourceKind.STRANGER: "a stranger", SourceKind.HUB_PEER: "a hub peer"}
_STEPS = 6 * STEPS
_START = Place(1, 1)


def lint_trust(
    draft: TableDraft, reachable: Sequence[RuleDraft], laws: Laws, report: Report
) -> None:
    """Warn where a stranger or a hub peer comes by what only rules for the owner have."""
    base = draft.block.base.whole()
    if base is None or report.error_count:
        return  # what a rule refers to may be missing
    target = Target(base, tuple(each.over(base, draft.runtimes) for each in draft.block.fallbacks))
    entries = [_entry(rule, target, draft) for rule in reachable if not rule.denies]
    keys = {
        runtime.credential: entry.rule
        for entry in reversed(entries)
        for runtime in (entry.runtimes if entry.is_the_owners else ())
        if runtime.credential is not None and runtime.credential != base.credential
    }
    if not keys:
        return
    _Trust(draft, keys, report).read(entries, target, replace(laws, claims=False), reachable)


@dataclass(frozen=True, slots=True)
class _Entry:
    rule: RuleDraft
    runtimes: tuple[Runtime, ...]
    fallbacks: tuple[Runtime, ...]

    @property
    def is_the_owners(self) -> bool:
        return _kinds(self.rule.match) == {SourceKind.OWNER}


class _Trust:
    def __init__(self, draft: TableDraft, keys: Mapping[str, RuleDraft], report: Report) -> None:
        self._draft = draft
        self._keys = keys
        self._report = report

    def read(
        self,
        entries: Sequence[_Entry],
        base: Target,
        laws: Laws,
        reachable: Sequence[RuleDraft],
    ) -> None:
        self._read_rules(entries, laws, reachable)
        given = next((each for each in base.fallbacks if each.credential in self._keys), None)
        if given is not None:
            place = self._draft.places.get("model.fallbacks", _START)
            self._warn_of_key(place, "model.fallbacks", "a stranger", given)
        models = dict(_models(entries, base))
        self._read_overrides(models)
        self._read_models(models)

    def _read_rules(
        self, entries: Iterable[_Entry], laws: Laws, reachable: Sequence[RuleDraft]
    ) -> None:
        steps, earlier = Steps(_STEPS), EarlierRules()
        denials = [rule for rule in reachable if rule.denies]
        for place, rule in enumerate(denials):
            earlier.add(place, rule.match)
        told: set[tuple[str, int, int]] = set()
        for place, entry in enumerate(entries, len(denials)):
            rule, given = entry.rule, self._key_in(entry)
            if given is not None and not entry.is_the_owners and rule.identity not in told:
                who = _who_gets_there(rule.match, earlier, laws, steps)
                if who is not None:
                    told.add(rule.identity)
                    self._warn_of_key(rule, rule.name, who, given)
            earlier.add(place, rule.match)

    def _key_in(self, entry: _Entry) -> Runtime | None:
        """Return a runtime of an entry that has a key of the owner's."""
        every = (*entry.runtimes, *entry.fallbacks)
        return next((each for each in every if each.credential in self._keys), None)

    def _warn_of_key(self, place: Placed, name: str, who: str, runtime: Runtime) -> None:
        self._report.warning(
            place,
            f"`{name}` gives {who} the key of {self._owners(runtime)}",
            "give it a key of its own, or let it match `source_kind: owner` only",
        )

    def _owners(self, runtime: Runtime) -> str:
        rule = self._keys[runtime.credential or ""]
        return f"`{rule.name}` ({runtime.credential}), a rule for the owner only"

    def _read_overrides(self, models: dict[str, RuleDraft]) -> None:
        for kind, who in _OTHERS.items():
            if self._draft.overrides[kind] is not OverridePolicy.ANY:
                continue
            for name, runtime in self._draft.runtimes.items():
                if runtime.credential in self._keys:
                    what = f"`runtimes.{name}`, which has the key of {self._owners(runtime)}"
                    break
            else:
                if not models:
                    continue
                model, rule = next(iter(models.items()))
                what = f"`{model}`, a model of `{rule.name}`, a rule for the owner only"
            self._report.warning(
                self._draft.places.get(f"overrides.{kind}", _START),
                f"`overrides.{kind}: any` lets {who} name {what}",
                "`listed` allows the models in `models:`, and no runtimes",
            )

    def _read_models(self, models: dict[str, RuleDraft]) -> None:
        if all(self._draft.overrides[kind] is OverridePolicy.NONE for kind in _OTHERS):
            return
        for model, rule in models.items():
            if model in self._draft.models:
                self._report.warning(
                    self._draft.places.get(f"models.{model}", _START),
                    f"`models` lets everyone name `{model}`, which only `{rule.name}` has,"
                    " a rule for the owner only",
                    "whoever names it keeps the key of the rule that is for them",
                )


def _entry(rule: RuleDraft, base: Target, draft: TableDraft) -> _Entry:
    targets = rule.over(base, draft.runtimes, 0).targets
    fallbacks = [each for target in targets for each in target.fallbacks]
    return _Entry(
        rule,
        tuple(target.runtime for target in targets),
        # Those of the base are told where they stand.
        tuple(each for each in fallbacks if each not in base.fallbacks),
    )


def _kinds(match: Match) -> set[SourceKind]:
    asked = [condition for condition in match if condition.key == KIND]
    return {kind for kind in SourceKind if all(each.holds(kind.value) for each in asked)}


def _who_gets_there(match: Match, earlier: EarlierRules, laws: Laws, steps: Steps) -> str | None:
    """Return who but the owner gets to a rule past those before it."""

    def objections(witness: Witness) -> Iterator[Match]:
        return (match for _, match in earlier.fulfilled(witness, steps))

    for kind, who in _OTHERS.items():
        from_kind: Match = (equals(KIND, kind.value),)
        try:
            if refine([match, from_kind], objections, laws, steps) is not None:
                return who
        except TooManySteps:
            return None
    return None


def _models(entries: Sequence[_Entry], base: Target) -> Iterator[tuple[str, RuleDraft]]:
    """Yield the models that only rules for the owner have, with a key that is not the base's."""
    others = {base.runtime.model, *(each.model for each in base.fallbacks)}
    for entry in entries:
        if not entry.is_the_owners:
            others.update(each.model for each in (*entry.runtimes, *entry.fallbacks))
    for entry in filter(lambda each: each.is_the_owners, entries):
        for runtime in entry.runtimes:
            own_key = runtime.credential not in {None, base.runtime.credential}
            if own_key and runtime.model not in others:
                others.add(runtime.model)
                yield runtime.model, entry.rule
