"""The names that LiteLLM's clients ask for, as rules."""

from dataclasses import dataclass, field

from routing.node import TextNode
from routing.problem import Placed, quote
from worker.importing.draft import Draft
from worker.importing.imported_table import NotImportableError
from worker.importing.litellm_deployment import Deployment
from worker.importing.litellm_fallbacks import LitellmFallbacks
from worker.importing.litellm_weights import weights_of
from worker.importing.yaml_text import Document, Plain, Value

_SHUFFLE = "simple-shuffle"
_ASKED = "metadata.model"


@dataclass(slots=True)
class ModelGroup:
    """A name that clients may ask for, and the deployments that answer."""

    name: str
    deployments: list[Deployment] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)
    runtimes: list[str] = field(default_factory=list)
    """Of the deployments that are kept, in their order."""


class LitellmRules:
    """Makes runtimes of deployments, and rules of names."""

    def __init__(
        self,
        draft: Draft,
        groups: dict[str, ModelGroup],
        fallbacks: LitellmFallbacks,
        strategy: str | None,
    ) -> None:
        self._draft = draft
        self._groups = groups
        self._fallbacks = fallbacks
        self._strategy = strategy

    def read(self, base: ModelGroup, place: Placed) -> None:
        """Make the runtimes, the base and the rules."""
        for group in self._groups.values():
            self._runtimes(group)
        if not base.deployments:
            raise NotImportableError("no deployment of the default model can be a runtime")
        first = base.deployments[0].runtime
        fields = {key: value for key, value in first.items() if key != "model"}
        self._draft.set_base({"default": first["model"], **fields}, place, "model_list")
        usual = self._known(self._fallbacks.usual, ())
        if usual:
            self._draft.base["fallbacks"] = usual
        asked = [group for group in self._groups.values() if group is not base]
        for group in asked:
            names: list[Value] = [group.name, *group.aliases]
            match: Document = {_ASKED: names[0] if len(names) == 1 else names}
            self._rule(group, match)
        if len(base.runtimes) > 1 or self._fallbacks.of(base.name):
            self._rule(base, {"platform": {"exists": Plain("true")}})
        if asked:
            message = "a rule for each name that clients ask for, as `metadata.model`: the feeder"
            hint = "has to put it there. One that is not known gets the base; LiteLLM refuses it"
            self._draft.notes.changed(place, f"{message} {hint}")
        base_name: Document = {"text.simple": "false"}
        if not base.runtimes[1:] and not self._fallbacks.of(base.name):
            self._draft.expect(base_name, "base", {})

    def _runtimes(self, group: ModelGroup) -> None:
        several = len(group.deployments) > 1
        kept = []
        for at, each in enumerate(group.deployments):
            wanted = f"{group.name}-{at + 1}" if several else group.name
            place, path = each.block.place, each.block.path
            name = self._draft.add_runtime(wanted, each.runtime, place, path)
            if name is not None:
                group.runtimes.append(name)
                kept.append(each)
                self._draft.notes.kept(place, f"`{path}` is runtime `{name}`")
        group.deployments = kept

    def _rule(self, group: ModelGroup, match: Document) -> None:
        if not group.deployments:
            return
        place, path = group.deployments[0].block.place, group.deployments[0].block.path
        rule: Document = {"name": f"model {group.name}", "match": match}
        if len(group.runtimes) == 1:
            rule["runtime"] = group.runtimes[0]
        else:
            rule["split"] = self._split(group, place)
        own = self._known(self._fallbacks.of(group.name), group.runtimes)
        if own:
            rule["fallbacks"] = own
        self._draft.add_route(rule, place, path)

    def _split(self, group: ModelGroup, place: Placed) -> list[Value]:
        notes = self._draft.notes
        by, weights = weights_of(group.deployments)
        if self._strategy not in {None, _SHUFFLE}:
            by, weights = "", [1] * len(weights)
            message = (
                f"{quote(group.name)} was shared out by load or cost, as `routing_strategy` says"
            )
            notes.changed(place, f"{message}; here in equal parts")
        parts = f"by `{by}`" if by else "in equal parts"
        message = (
            f"{quote(group.name)} is a split {parts}: here a conversation keeps its deployment"
        )
        notes.changed(place, f"{message}, and another is only tried if `fallbacks` names it")
        split: list[Value] = []
        names: set[str] = set()
        for each, runtime, weight in zip(group.deployments, group.runtimes, weights, strict=True):
            if not weight:
                where = each.block.path
                notes.dropped(each.block.place, f"`{where}` has no share: it is never chosen")
                continue
            name = runtime if each.name is None or each.name in names else each.name
            names.add(name)
            split.append({"weight": Plain(str(weight)), "name": name, "runtime": runtime})
        return split

    def _known(self, nodes: list[TextNode], but: list[str] | tuple[()]) -> list[str]:
        """Return the runtimes that names stand for, each once."""
        found: list[str] = []
        for node in nodes:
            group = self._group(node.text)
            if group is None:
                self._draft.notes.dropped(node, "a fallback to a model that is not kept")
            else:
                more = (name for name in group.runtimes if name not in but)
                found.extend(name for name in more if name not in found)
        return found

    def _group(self, name: str) -> ModelGroup | None:
        for group in self._groups.values():
            if name == group.name or name in group.aliases:
                return group
        return None
