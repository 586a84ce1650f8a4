"""A table from the `config.yaml` of a LiteLLM proxy."""

import re
from datetime import datetime

from routing.expand import NAME
from routing.node import MappingNode, Node
from routing.problem import quote
from routing.suggest import did_you_mean
from worker.importing.clean_names import clean_names
from worker.importing.copier import Copier, Dialect, names_in
from worker.importing.draft import Draft
from worker.importing.imported_table import ImportedTable, NotImportableError
from worker.importing.litellm_deployment import read_deployments
from worker.importing.litellm_fallbacks import LitellmFallbacks
from worker.importing.litellm_rules import LitellmRules, ModelGroup
from worker.importing.note import Notes
from worker.importing.source_block import SourceBlock, shown_name
from worker.importing.variables import Variables

_VARIABLE = re.compile(rf"os\.environ/({NAME.pattern})")
_SETTINGS = ("router_settings", "litellm_settings")
_ALIASES = ("model_group_alias", "model_alias_map")


def import_litellm(root: Node, now: datetime, default: str | None = None) -> ImportedTable:
    """Return the table that a proxy's configuration comes to.

    `default` is the name of the model that is the base, else it is the first. `now` is the moment
    of the tests that the table gets. Raises NotImportableError.
    """
    notes = Notes()
    root = clean_names(root, notes)
    if not isinstance(root, MappingNode):
        raise NotImportableError("it is no mapping, so no config.yaml of LiteLLM")
    copier = Copier(notes, Variables(frozenset(names_in(root))), Dialect(_variable, _written))
    top = SourceBlock(root, "")
    draft = Draft(notes)
    groups: dict[str, ModelGroup] = {}
    for each in read_deployments(top, draft, copier):
        groups.setdefault(each.group, ModelGroup(each.group)).deployments.append(each)
    if not groups:
        raise NotImportableError("`model_list:` has no deployment that turns could go to")
    settings = [block for name in _SETTINGS if (block := top.block(name)) is not None]
    for block in settings:
        _read_aliases(block, groups, draft)
    base = _base(default, groups)
    place = top.entry("model_list").key
    why = "as was asked" if default is not None else "the first; `--default NAME` chooses another"
    notes.changed(place, f"{quote(base.name)} is the base, {why}: LiteLLM has no default")
    fallbacks = LitellmFallbacks(settings, draft)
    LitellmRules(draft, groups, fallbacks, _strategy(settings)).read(base, place)
    for block in settings:
        draft.tell_rest(block)
    if top.has("include"):
        notes.unknown(top.entry("include").key, "`include`: the files it names are not read")
        top.skip("include")
    top.skip("credential_list")
    draft.tell_rest(top)
    return draft.finish(copier.variables, now)


def _base(default: str | None, groups: dict[str, ModelGroup]) -> ModelGroup:
    if default is None:
        return next(iter(groups.values()))
    for group in groups.values():
        if default == group.name or default in group.aliases:
            return group
    hint = did_you_mean(default, groups) or "it is a `model_name` of the `model_list`"
    raise NotImportableError(f"no model of that default's name can be one; {hint}")


def _read_aliases(block: SourceBlock, groups: dict[str, ModelGroup], draft: Draft) -> None:
    for key in _ALIASES:
        section = block.block(key)
        for entry in section.node.entries if section is not None else ():
            target = entry.value
            if isinstance(target, MappingNode):
                target = SourceBlock(target, key).text("model") or target
            group = groups.get(getattr(target, "text", ""))
            where = f"{block.where(key)}.{shown_name(entry.key.text)}"
            if group is None or entry.key.text in groups:
                draft.notes.dropped(entry.key, f"`{where}` names no model that is kept")
            else:
                group.aliases.append(entry.key.text)
                draft.notes.kept(entry.key, f"`{where}` is another name in a rule")


def _strategy(settings: list[SourceBlock]) -> str | None:
    nodes = [block.text("routing_strategy") for block in settings]
    return next((node.text for node in nodes if node is not None), None)


def _variable(text: str) -> str | None:
    found = _VARIABLE.fullmatch(text)
    return None if found is None else found[1]


def _written(text: str) -> str:
    name = _variable(text.strip())
    return text.replace("${", "$${") if name is None else f"${{{name}}}"
