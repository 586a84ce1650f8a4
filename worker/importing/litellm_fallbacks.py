"""What LiteLLM tries next, by the name that was asked for."""

from collections.abc import Iterator

from routing.node import ListNode, MappingNode, Node, TextNode
from worker.importing.draft import Draft
from worker.importing.source_block import SourceBlock

_ANY = "*"


class LitellmFallbacks:
    """`fallbacks` and `default_fallbacks`, of the router's settings, else of LiteLLM's own."""

    def __init__(self, settings: list[SourceBlock], draft: Draft) -> None:
        self._draft = draft
        self._named: dict[str, list[TextNode]] = {}
        holder = next((each for each in settings if each.has("fallbacks")), None)
        for node in () if holder is None else holder.items("fallbacks"):
            self._read(node, holder.where("fallbacks") if holder is not None else "")
        for each in settings:
            listed = list(self._texts(each.items("default_fallbacks"), "default_fallbacks"))
            if listed:
                self._named.setdefault(_ANY, listed)

    def of(self, group: str) -> list[TextNode]:
        """Return the names that are tried after a name, where it has some of its own."""
        return self._named.get(group, [])

    @property
    def usual(self) -> list[TextNode]:
        """The names that are tried after any other name."""
        return self._named.get(_ANY, [])

    def _read(self, node: Node, path: str) -> None:
        if not isinstance(node, MappingNode):
            self._draft.notes.dropped(node, f"`{path}`: an entry is no mapping")
            return
        for entry in node.entries:
            items = entry.value.items if isinstance(entry.value, ListNode) else (entry.value,)
            self._named.setdefault(entry.key.text, list(self._texts(items, path)))

    def _texts(self, nodes: tuple[Node, ...], path: str) -> Iterator[TextNode]:
        for node in nodes:
            if isinstance(node, TextNode):
                yield node
            else:
                self._draft.notes.dropped(node, f"`{path}`: a fallback that is not a name")
