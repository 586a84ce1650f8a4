"""From a table file's bytes to a table that has been checked whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from types import MappingProxyType

from routing.document import read_document
from routing.effective_order import effective_order
from routing.lint import lint
from routing.node import Entry, MappingNode, Node, Place, is_empty
from routing.people import CRON, TERMINAL
from routing.problem import Problem
from routing.read_limits import read_limits
from routing.read_model import read_model
from routing.read_older_forms import read_channel_rules, read_simple_routing
from routing.read_people import read_people
from routing.read_sections import (
    read_group_conversations,
    read_models,
    read_overrides,
    read_places,
    read_runtimes,
    read_settings,
    read_trust,
)
from routing.read_tests import read_tests
from routing.reader import Reader
from routing.report import Report
from routing.setting import Setting
from routing.table import RoutingTable
from routing.table_draft import TableDraft
from routing.table_test import TableTest
from routing.target import Target

_DIGEST = 12
_KEYS = (
    "model",
    "runtimes",
    "models",
    "overrides",
    "hub_platforms",
    "group_conversations",
    "platforms",
    "owners",
    "spoofable_platforms",
    "trust",
    "limits",
    "smart_model_routing",
    "tests",
    "worker",
)


@dataclass(frozen=True, slots=True)
class LoadedTable:
    """What a file says, and everything that is wrong with it."""

    table: RoutingTable | None
    """None where there are errors."""
    settings: Mapping[str, Setting]
    """The `worker:` block: setting to what the file says of it."""
    tests: tuple[TableTest, ...]
    """In the order of the file; nobody has tried them yet."""
    problems: tuple[Problem, ...]
    """In the order of the file."""
    written_keys: Mapping[str, str] = field(repr=False)
    """`config:` reference to the key written out in the file."""


def load_table(data: bytes, environ: Mapping[str, str]) -> LoadedTable:
    """Read a table. Whatever the bytes are, nothing is raised: what is wrong is in `problems`.

    `environ` is where `${NAME}` is looked up; credentials are not, so their variables need not be
    set.
    """
    report = Report()
    reader = Reader(report, environ)
    table: RoutingTable | None = None
    settings: dict[str, Setting] = {}
    tests: tuple[TableTest, ...] = ()
    root = read_document(data, report)
    if root is None or is_empty(root):
        if not report.error_count:
            report.error(Place(1, 1), "the file is empty", "it needs a `model:` block at least")
    else:
        table, settings, tests = _read(root, reader, sha256(data).hexdigest()[:_DIGEST])
    return LoadedTable(
        table=None if report.error_count else table,
        settings=MappingProxyType(settings),
        tests=tests,
        problems=report.problems,
        written_keys=MappingProxyType(reader.written_keys),
    )


def _read(
    root: Node, reader: Reader, digest: str
) -> tuple[RoutingTable | None, dict[str, Setting], tuple[TableTest, ...]]:
    if not isinstance(root, MappingNode):
        reader.report.error(root, "the file is not a mapping", "it needs a `model:` block at least")
        return None, {}, ()
    top = reader.fields(root, "", _KEYS)
    runtimes = read_runtimes(top, reader)
    block = read_model(top, reader)
    people = read_people(top, reader)
    simple = read_simple_routing(top, reader)
    channels = tuple(read_channel_rules(top, reader))
    rules = effective_order(block.rules, channels, simple.rule, reader.report)
    draft = TableDraft(
        block=block,
        rules=rules,
        people=people,
        simplicity=simple.simplicity,
        runtimes=runtimes,
        overrides=read_overrides(top, reader),
        models=read_models(top, reader),
        places=read_places(top),
    )
    lint(draft, reader.report)
    settings = read_settings(top, reader)
    tests = read_tests(top, reader)
    table = _table(top, draft, reader, digest)
    if table is not None:
        off = (rule.name for rule in (*block.rules, *channels) if not rule.enabled)
        table = replace(table, disabled=tuple(dict.fromkeys(off)))
    return table, settings, tests


def _table(
    top: Mapping[str, Entry], draft: TableDraft, reader: Reader, digest: str
) -> RoutingTable | None:
    people, runtimes = draft.people, draft.runtimes
    shared = read_group_conversations(top, reader)
    trust = read_trust(top, reader)
    limits = read_limits(top, people, reader)
    base = draft.block.base.whole()
    if base is None or reader.report.error_count:
        return None  # what a rule refers to may be missing
    fallbacks = tuple(each.over(base, runtimes) for each in draft.block.fallbacks)
    target = Target(base, fallbacks)
    return RoutingTable(
        digest=digest,
        base=base,
        rules=tuple(rule.over(target, runtimes, at) for at, rule in enumerate(draft.rules)),
        runtimes=MappingProxyType(dict(runtimes)),
        models=draft.models,
        overrides=MappingProxyType(dict(draft.overrides)),
        hub_platforms=people.hub_platforms,
        home_channels=MappingProxyType(dict(people.home_channels)),
        owners=MappingProxyType(dict(people.owners)),
        publishers=MappingProxyType(dict(people.publishers)),
        signing_keys=MappingProxyType(dict(people.signing_keys)),
        spoofable_platforms=people.spoofable_platforms,
        isolated_platforms=people.isolated_platforms,
        shared_groups=shared,
        trust=trust,
        platforms=frozenset({CRON, TERMINAL, *reader.platforms}),
        fallbacks=fallbacks,
        simplicity=draft.simplicity,
        limits=limits,
    )
