"""Reads what people bring along: overrides per channel, and the cheap model for simple messages."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from contracts import PlatformName
from routing.node import Entry, TextNode, is_empty
from routing.read_match import Match, equals, platform_match
from routing.read_rule import KEYS as _RULE_KEYS
from routing.read_rule import RuleBody, read_flag
from routing.read_rules import draft, read_shorthand
from routing.read_runtime import KEYS as _RUNTIME_KEYS
from routing.read_runtime import read_runtime
from routing.read_target import read_number
from routing.reader import Reader
from routing.rule_draft import RuleDraft, Section
from routing.simplicity import USUAL, Simplicity
from routing.target_draft import RuntimeDraft, TargetDraft

CHANNEL_OVERRIDES = "channel_overrides"
_CHANNEL_KEYS = tuple(key for key in _RULE_KEYS if key != "match")
# Looked up in this order.
_CHANNELS = ("chat_id", "thread_id", "parent_chat_id")
_SIMPLE_KEYS = ("enabled", "max_simple_chars", "max_simple_words", "cheap_model")
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class SimpleRouting:
    """What counts as a simple message, and the rule for it where there is one."""

    simplicity: Simplicity = USUAL
    rule: RuleDraft | None = None


def read_channel_rules(top: Mapping[str, Entry], reader: Reader) -> Iterator[RuleDraft]:
    """Read `channel_overrides` of the file's `platforms:`: per chat, thread or parent chat.

    Every entry is three rules: what is looked up first comes first, for all entries.
    """
    if "platforms" not in top:
        return
    read = [
        each for platform in _mappings(top["platforms"]) for each in _channels(platform, reader)
    ]
    for key in _CHANNELS:
        for entry, name, own, body in read:
            match: Match = (*own, equals(key, entry.key.text))
            yield draft(name, Section.CHANNELS, match, body, entry.key)


def read_simple_routing(top: Mapping[str, Entry], reader: Reader) -> SimpleRouting:
    """Read `smart_model_routing`: where it is enabled, the last rule of all."""
    entry = top.get(Section.SIMPLE)
    if entry is None:
        return SimpleRouting()
    path = Section.SIMPLE.value
    fields = reader.fields(entry.value, path, _SIMPLE_KEYS)
    chars = read_number(fields.get(_SIMPLE_KEYS[1]), f"{path}.{_SIMPLE_KEYS[1]}", 0, _MOST, reader)
    words = read_number(fields.get(_SIMPLE_KEYS[2]), f"{path}.{_SIMPLE_KEYS[2]}", 0, _MOST, reader)
    simplicity = Simplicity(
        USUAL.max_chars if chars is None else chars, USUAL.max_words if words is None else words
    )
    enabled = read_flag(fields.get("enabled"), f"{path}.enabled", reader, default=False)
    rule = _simple_rule(entry, fields.get("cheap_model"), reader, enabled=enabled)
    return SimpleRouting(simplicity, rule if enabled else None)


def _channels(platform: Entry, reader: Reader) -> Iterator[tuple[Entry, str, Match, RuleBody]]:
    name = _parse(platform.key)
    if name is None:
        return  # whoever reads the platforms reports it
    for section in _mappings(platform):
        if section.key.text != CHANNEL_OVERRIDES:
            continue
        path = f"platforms.{platform.key.text}.{CHANNEL_OVERRIDES}"
        for entry in reader.entries(section.value, path):
            own = platform_match(name, reader)
            read = read_shorthand(entry, f"{path}.{entry.key.text}", own, reader, _CHANNEL_KEYS)
            if read is not None:
                yield entry, f"{path}.{entry.key.text}", own, read[1]


def _simple_rule(
    entry: Entry, cheap: Entry | None, reader: Reader, *, enabled: bool
) -> RuleDraft | None:
    path = f"{Section.SIMPLE}.cheap_model"
    errors = reader.report.error_count
    fields = {} if cheap is None else reader.fields(cheap.value, path, _RUNTIME_KEYS)
    runtime = read_runtime(fields, path, reader)
    if reader.report.error_count > errors:
        return None
    if "model" not in runtime.values:
        if enabled:
            reader.report.error(entry.key, f"`{path}` names no model", "write `model: NAME` in it")
        return None
    target = TargetDraft(RuntimeDraft(runtime))
    body = RuleBody(None, target, (), denies=False, enabled=True, note=None)
    match = (equals("text.simple", "true"),)
    return draft(Section.SIMPLE.value, Section.SIMPLE, match, body, entry.key)


def _mappings(entry: Entry) -> tuple[Entry, ...]:
    value = entry.value
    return () if isinstance(value, TextNode) or is_empty(value) else getattr(value, "entries", ())


def _parse(key: TextNode) -> PlatformName | None:
    try:
        return PlatformName.parse(key.text)
    except ValueError:
        return None
