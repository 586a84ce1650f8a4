"""Which credentials a table refers to, and what for."""

from collections.abc import Iterator

from routing.table import RoutingTable


def credential_uses(table: RoutingTable) -> dict[str, list[str]]:
    """Return reference to the names of what uses it, in the order of the table."""
    users: dict[str, list[str]] = {}
    for reference, name in _uses(table):
        users.setdefault(reference, []).append(name)
    inheriting = sum("credential" not in rule.stated for rule in table.rules)
    if table.base.credential is not None and inheriting:
        count = "1 rule that inherits" if inheriting == 1 else f"{inheriting} rules that inherit"
        users[table.base.credential].insert(1, f"{count} it")
    return users


def _uses(table: RoutingTable) -> Iterator[tuple[str, str]]:
    if table.base.credential is not None:
        yield table.base.credential, "base"
    for rule in table.rules:
        if rule.runtime.credential is not None and "credential" in rule.stated:
            yield rule.runtime.credential, rule.name
    for name, runtime in table.runtimes.items():
        if runtime.credential is not None:
            yield runtime.credential, f"runtimes.{name}"
    for platform, keys in table.signing_keys.items():
        for kid, reference in keys.items():
            yield reference, f"platforms.{platform}.signing_keys.{kid}"
