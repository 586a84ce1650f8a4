"""The effective table as a picture, in the language of Mermaid."""

import re
from collections.abc import Iterator

from routing.rule import Rule
from routing.table import RoutingTable
from routing.target import Target
from worker.cli.figures import duration, percent
from worker.cli.plain import plain
from worker.target_place import target_queue

# What means something in a label, or to the Markdown in it; `#NN;` is the character itself. A `_`
# within a word is only that, and names are full of them.
_SPECIAL = re.compile(
    r"""[#;"`<>&\\*~$(]|%(?=%)|(?<=%)%|(?<!\w)_|_(?!\w)|^[-+]|(?<=\d)[.)](?=\s)"""
)


def mermaid(table: RoutingTable, prefix: str) -> Iterator[str]:
    """Yield the lines of a flowchart: the message, each rule in order, where it goes, the base."""
    yield "flowchart TB"
    yield "  message([message])"
    before, link = "message", "-->"
    for rule in table.rules:
        node = f"r{rule.index}"
        yield f'  {node}{{"{_label(rule.name, *map(str, rule.match))}"}}'
        yield f"  {before} {link} {node}"
        yield from _then(rule, node, prefix)
        before, link = node, "-->|no|"
    yield f'  base["{_target(table.base_target, prefix, "base")}"]'
    yield f"  {before} {link} base"
    denied = [f"d{rule.index}" for rule in table.rules if rule.denies]
    if denied:
        yield "  classDef denied stroke:#c00,color:#c00"
        yield f"  class {','.join(denied)} denied"


def _then(rule: Rule, node: str, prefix: str) -> Iterator[str]:
    if rule.denies:
        yield f'  d{rule.index}["denied"]'
        yield f"  {node} -->|yes| d{rule.index}"
    elif not rule.split:
        yield f'  t{rule.index}["{_target(rule.target, prefix)}"]'
        yield f"  {node} -->|yes| t{rule.index}"
    else:
        yield from _split(rule, node, prefix)


def _split(rule: Rule, node: str, prefix: str) -> Iterator[str]:
    split = f"s{rule.index}"
    yield f'  {split}(["split by conversation"])'
    yield f"  {node} -->|yes| {split}"
    total = sum(variant.weight for variant in rule.split)
    for place, variant in enumerate(rule.split):
        leaf = f"{split}v{place}"
        share = _label(percent(variant.weight, total))
        yield f'  {leaf}["{_target(variant.target, prefix, variant.name)}"]'
        yield f'  {split} -->|"{share}"| {leaf}'


def _target(target: Target, prefix: str, name: str | None = None) -> str:
    runtime = target.runtime
    lines = [*([name] if name else []), f"model: {runtime.model}"]
    if runtime.provider:
        lines.append(f"provider: {runtime.provider}")
    lines.append(f"queue: {target_queue(target, prefix)}")
    if target.priority is not None:
        lines.append(f"priority: {target.priority}")
    if target.expires_in is not None:
        lines.append(f"expires in: {duration(target.expires_in)}")
    if target.fallbacks:
        lines.append(f"then: {', '.join(each.model for each in target.fallbacks)}")
    return _label(*lines)


def _label(*lines: str) -> str:
    return "<br/>".join(_SPECIAL.sub(_escaped, plain(line)) for line in lines)


def _escaped(found: re.Match[str]) -> str:
    return f"#{ord(found[0])};"
