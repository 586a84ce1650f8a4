"""A table from the `config.yaml` of a hermes-agent gateway."""

import re
from datetime import datetime

from routing.expand import NAME
from routing.node import MappingNode, Node
from worker.importing.clean_names import clean_names
from worker.importing.copier import Copier, Dialect, names_in
from worker.importing.draft import Draft
from worker.importing.hermes_base import (
    read_aliases,
    read_base,
    read_fallbacks,
    read_simple,
)
from worker.importing.hermes_platforms import HermesPlatforms
from worker.importing.hermes_rules import HermesRules
from worker.importing.hermes_runtime import HermesRuntimes
from worker.importing.imported_table import ImportedTable, NotImportableError
from worker.importing.note import Notes
from worker.importing.source_block import SourceBlock, is_true
from worker.importing.variables import Variables

_VARIABLE = re.compile(rf"\$\{{({NAME.pattern})\}}")
_MALFORMED = re.compile(rf"(?<!\$)\$\{{(?!{NAME.pattern}(?::-[^{{}}]*)?\}})")
_SHARED = "group_sessions_per_user"


def import_hermes(root: Node, now: datetime) -> ImportedTable:
    """Return the table that a gateway's configuration comes to.

    `now` is the moment of the tests that the table gets. Raises NotImportableError.
    """
    notes = Notes()
    root = clean_names(root, notes)
    if not isinstance(root, MappingNode):
        raise NotImportableError("it is no mapping, so no config.yaml of hermes-agent")
    copier = Copier(notes, Variables(frozenset(names_in(root))), Dialect(_variable, _written))
    top = SourceBlock(root, "")
    draft = Draft(notes)
    runtimes = HermesRuntimes(top, copier)
    rules = HermesRules(draft, runtimes, copier)
    model = read_base(top, draft, runtimes, copier)
    read_fallbacks(top, draft, runtimes)
    HermesPlatforms(draft, rules, copier).read(top)
    if model is not None:
        rules.routes(model)
        rules.shorthands(model)
        draft.tell_rest(model)
    read_aliases(top, draft, runtimes)
    read_simple(top, draft, runtimes, copier)
    _read_groups(top, draft)
    draft.expect({"text.simple": "false"}, "base", {})
    draft.tell_rest(top)
    return draft.finish(copier.variables, now)


def _read_groups(top: SourceBlock, draft: Draft) -> None:
    if is_true(top.text(_SHARED)) is False:
        draft.settings["group_conversations"] = "shared"
        draft.notes.kept(top.entry(_SHARED).key, f"`{_SHARED}: false` is `group_conversations`")


def _variable(text: str) -> str | None:
    found = _VARIABLE.fullmatch(text)
    return None if found is None else found[1]


def _written(text: str) -> str:
    return _MALFORMED.sub("$${", text)
