"""Makes messages that a rule is for, and tests of what becomes of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from worker.importing.trial import try_text, why_not
from worker.importing.yaml_text import Document, Plain, Value, yaml_text

_STATED = frozenset(
    (
        "platform source_kind user_id chat_id chat_type thread_id parent_chat_id scope_id agent_id"
        " profile purpose message_type publisher verified"
    ).split()
)
_METADATA = "metadata."
_SIMPLE = "text.simple"
# Where a message of a kind can come from, when the rule does not say.
_USUAL = {"owner": "cli", "cron": "cron", "hub_peer": "hub"}
_ANYWHERE = ("webhook", "cli", "cron", "hub")
_SOMETHING = "something"
_TEXTS = {"true": "good morning", "false": "please debug this"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that should go by a rule, and what should become of it."""

    name: str
    """What the rule is called."""
    match: Mapping[str, Value]
    """What the rule asks for; a message is made that has it."""
    expect: Mapping[str, str]


def givens_for(match: Mapping[str, Value]) -> list[Document]:
    """Return facts of messages that a `match` is for; none if it is not that simple.

    Where it does not say the platform, there is one for each place a message can come from.
    """
    given: Document = {}
    for key, condition in match.items():
        value = _fact(condition)
        if key == _SIMPLE and value in _TEXTS:
            given["text"] = _TEXTS[value]
        elif key == "platform" and value == _SOMETHING:
            continue
        elif value is None or not (key in _STATED or key.startswith(_METADATA)):
            return []
        else:
            given[key] = value
    if "platform" in given:
        return [given]
    kind = given.get("source_kind")
    usual = _USUAL.get(kind) if isinstance(kind, str) else None
    return [{"platform": platform, **given} for platform in ([usual] if usual else _ANYWHERE)]


def sound_tests(
    document: Document, candidates: Iterable[Candidate], now: datetime
) -> tuple[list[Document], list[str]]:
    """Return the tests that hold, and the names of the candidates of which none could be made.

    What a test expects was worked out from the source; one that does not hold is never written.
    """
    made: list[tuple[Candidate, Document]] = []
    every = list(candidates)
    for candidate in every:
        for given in givens_for(candidate.match):
            test: Document = {"given": given, "expect": dict(candidate.expect)}
            if why_not({"model": "m", "tests": [test]}) is None:
                made.append((candidate, test))
    text = yaml_text({**document, "tests": [test for _, test in made]})
    holding = {each.test.name for each in try_text(text, now).tried if not each.differences}
    tests: dict[int, Document] = {}
    for at, (candidate, test) in enumerate(made):
        if f"tests[{at}]" in holding:
            tests.setdefault(id(candidate), test)
    without = [candidate.name for candidate in every if id(candidate) not in tests]
    return list(tests.values()), without


def _fact(condition: Value) -> str | None:
    if isinstance(condition, str):
        return condition
    if isinstance(condition, list) and condition:
        return _fact(condition[0])
    if isinstance(condition, dict) and len(condition) == 1:
        operator, operand = next(iter(condition.items()))
        if operator in {"in", "prefix", "suffix"}:
            return _fact(operand)
        if operator == "exists" and operand == Plain("true"):
            return _SOMETHING
    return None
