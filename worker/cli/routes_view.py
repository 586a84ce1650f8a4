"""The effective table, for people."""

from collections.abc import Callable, Iterable, Iterator

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from routing.limit import every_limit
from routing.rule import Rule
from routing.table import RoutingTable
from routing.target import Target
from worker.cli.figures import percent
from worker.cli.folded import Folded
from worker.cli.plain import plain
from worker.cli.target_fields import TargetField, target_fields

_INDENT = "  "
_ROOM = 38
"""How wide the column of targets is where there is no more room, as in eighty columns."""
_FRAME = 13
"""What the numbers and the space between columns take."""


def show(
    console: Console, table: RoutingTable, rules: Iterable[Rule], notes: Iterable[str], prefix: str
) -> None:
    """Print these rules of the table, the base, the named runtimes, and notes."""
    shown = _table(console.width, "#", "rule, and when", "then")
    for rule in rules:
        shown.add_row(str(rule.index), _when(rule), _then(rule, prefix))
    base = target_fields(table.base_target, lambda _: "base", prefix)
    when = _stack([("base", "bold"), (_INDENT + "no rule fits", "")])
    shown.add_row("", when, _stack(_cell(base, "base")))
    console.print(shown)
    if table.runtimes:
        console.print(_runtimes(table, console.width, prefix))
    if table.disabled:
        console.print(_line("disabled: ", ", ".join(table.disabled)), soft_wrap=True)
    console.print(_line("limits: ", _limits(table)), soft_wrap=True)
    for note in notes:
        console.print(_line("note: ", note), soft_wrap=True)


def _limits(table: RoutingTable) -> str:
    return "; ".join(f"{each.name} {each}" for each in every_limit(table.limits)) or "none"


def _table(width: int, *heads: str) -> Table:
    # Names are copied into other commands, so they are folded and never cut.
    columns = [Column(head, overflow="fold") for head in heads]
    columns[-2].max_width = max(_ROOM // 2, width - _ROOM - _FRAME)
    return Table(*columns, box=box.HORIZONTALS, show_lines=True, header_style="bold cyan")


def _runtimes(table: RoutingTable, width: int, prefix: str) -> Table:
    shown = _table(width, "runtime", "that a rule or an override may name")
    for name, runtime in table.runtimes.items():
        fields = target_fields(Target(runtime), lambda _: "itself", prefix)
        shown.add_row(Text(plain(name), "bold"), _stack(_cell(fields, "itself")))
    return shown


def _when(rule: Rule) -> Folded:
    place = f"line {rule.line}"
    if rule.entry and rule.entry != rule.name:
        place = f"{plain(rule.entry)}, {place}"
    conditions = ((f"{_INDENT}{plain(str(each))}", "") for each in rule.match)
    return _stack([(plain(rule.name), "bold"), (place, "dim"), *conditions])


def _then(rule: Rule, prefix: str) -> Folded:
    lines = [(f"note: {plain(' '.join(rule.note.split()))}", "italic")] if rule.note else []
    if rule.denies:
        return _stack([("denied", "bold red"), *lines])
    if not rule.split:
        fields = target_fields(rule.target, rule.origin, prefix)
        return _stack([*_cell(fields, rule.name), *lines])
    total = sum(variant.weight for variant in rule.split)
    for variant in rule.split:
        share = f"{percent(variant.weight, total)} {plain(variant.name)}"
        origin = _of_variant(rule, variant.name)
        fields = target_fields(variant.target, origin, prefix)
        lines.append((share, "bold"))
        own = f"{rule.name}/{variant.name}"
        lines.extend((_INDENT + text, style) for text, style in _cell(fields, own))
    return _stack(lines)


def _of_variant(rule: Rule, name: str) -> Callable[[str], str]:
    (variant,) = (each for each in rule.split if each.name == name)
    return lambda field: rule.origin(field, variant)


def _cell(fields: Iterable[TargetField], own: str) -> Iterator[tuple[str, str]]:
    """Yield the lines of a target: its model and queue, what it states, and what it inherits."""
    inherited: dict[str, list[str]] = {}
    for field in fields:
        if field.label == "model":
            source = "" if field.origin == own else f" (from {plain(field.origin)})"
            yield f"{field}{source}", ""
        elif field.label == "queue" or field.origin == own:
            yield str(field), ""
        else:
            inherited.setdefault(field.origin, []).append(str(field))
    for origin, texts in inherited.items():
        yield from ((line, "dim") for line in _packed(f"from {plain(origin)}:", texts))


def _packed(head: str, texts: list[str]) -> Iterator[str]:
    """Yield lines of whole items, as far as there is room for them."""
    line = head
    for place, text in enumerate(texts):
        item = text if place == len(texts) - 1 else f"{text},"
        if line.strip() and cell_len(f"{_INDENT}{line} {item}") > _ROOM:
            yield line
            line = " "
        line = f"{line} {item}"
    yield line


def _stack(lines: Iterable[tuple[str, str]]) -> Folded:
    return Folded(Text("\n").join(Text(text, style) for text, style in lines))


def _line(head: str, text: str) -> Text:
    return Text.assemble((head, "bold"), plain(text))
