"""Reads where the turns of an entry go: its runtime, its fallbacks, its queue."""

import re
from collections.abc import Mapping

from routing.duration import parse_duration
from routing.node import Entry, ListNode, MappingNode, Node, TextNode, is_empty
from routing.problem import quote
from routing.read_runtime import KEYS as _RUNTIME_KEYS
from routing.read_runtime import read_runtime
from routing.reader import Reader
from routing.runtime_fields import RuntimeFields
from routing.suggest import did_you_mean, one_of
from routing.target_draft import RuntimeDraft, TargetDraft

_FALLBACK_KEYS = ("runtime", *_RUNTIME_KEYS)
KEYS = (*_FALLBACK_KEYS, "queue", "priority", "expires_in", "fallbacks")

_HIGHEST_PRIORITY = 255
_LONGEST_EXPIRY = 2**32 / 1000 - 1  # the broker's own bound, in seconds
_WHOLE_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
# Queues and exchanges of the service's own, and the broker's.
_TAKEN = re.compile(
    r"(?:dead(?:\.lock)?|inbound(?:[.@].*)?|turns|figures\..*|in\..*|amq\..*)", re.DOTALL
)


def read_target(fields: Mapping[str, Entry], path: str, reader: Reader) -> TargetDraft:
    """Return what an entry states of where its turns go."""
    return TargetDraft(
        runtime=_read_runtime_draft(fields, path, reader),
        fallbacks=read_fallbacks(fields.get("fallbacks"), f"{path}.fallbacks", reader),
        queue=_read_queue(fields.get("queue"), f"{path}.queue", reader),
        priority=read_number(
            fields.get("priority"), f"{path}.priority", 0, _HIGHEST_PRIORITY, reader
        ),
        expires_in=_read_expiry(fields.get("expires_in"), f"{path}.expires_in", reader),
    )


def read_fallbacks(entry: Entry | None, path: str, reader: Reader) -> tuple[RuntimeDraft, ...]:
    """Read a list of runtimes, each the name of one or a mapping of its fields."""
    if entry is None or is_empty(entry.value):
        return ()
    if not isinstance(entry.value, ListNode):
        reader.wrong_type(entry.value, path, "a list", "such as `[codex, {model: …}]`")
        return ()
    drafts = (
        _read_fallback(item, f"{path}[{at}]", reader) for at, item in enumerate(entry.value.items)
    )
    return tuple(draft for draft in drafts if draft is not None)


def read_number(
    entry: Entry | None, path: str, least: int, most: int, reader: Reader
) -> int | None:
    """Read a whole number between two bounds, both included."""
    text = None if entry is None else reader.text(entry.value, path)
    if entry is None or text is None:
        return None
    if _WHOLE_NUMBER.fullmatch(text) and least <= int(text) <= most:
        return int(text)
    reader.report.error(entry.value, f"`{path}` must be a whole number from {least} to {most}")
    return None


def _read_fallback(node: Node, path: str, reader: Reader) -> RuntimeDraft | None:
    if isinstance(node, TextNode) and not is_empty(node):
        name = _known_runtime(node, path, reader)
        return None if name is None else RuntimeDraft(RuntimeFields({}), name)
    if not isinstance(node, MappingNode) or not node.entries:
        reader.wrong_type(node, path, "the name of a runtime or a mapping")
        return None
    return _read_runtime_draft(reader.fields(node, path, _FALLBACK_KEYS), path, reader)


def _read_runtime_draft(fields: Mapping[str, Entry], path: str, reader: Reader) -> RuntimeDraft:
    named = fields.get("runtime")
    name = None if named is None else _known_runtime(named.value, f"{path}.runtime", reader)
    return RuntimeDraft(read_runtime(fields, path, reader), name)


def _known_runtime(node: Node, path: str, reader: Reader) -> str | None:
    name = reader.text(node, path)
    if name is None or name in reader.runtimes:
        return name
    shown = quote(node.text) if isinstance(node, TextNode) else "it"
    known = tuple(reader.runtimes)
    hint = did_you_mean(name, known) or (f"they are {one_of(known)}" if known else None)
    reader.report.error(node, f"`{path}`: {shown} is none of the `runtimes`", hint)
    return None


def _read_queue(entry: Entry | None, path: str, reader: Reader) -> str | None:
    queue = None if entry is None else reader.text(entry.value, path)
    if entry is not None and queue is not None and _TAKEN.fullmatch(queue):
        reader.misfit(entry.value, path, f"{quote(queue)} is not a queue of turns")
        return None
    return queue


def _read_expiry(entry: Entry | None, path: str, reader: Reader) -> float | None:
    text = None if entry is None else reader.text(entry.value, path)
    if entry is None or text is None:
        return None
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        reader.misfit(entry.value, path, error)
        return None
    if not 0 < seconds <= _LONGEST_EXPIRY:
        reader.report.error(entry.value, f"`{path}` must be more than 0 and less than 50 days")
        return None
    return seconds
