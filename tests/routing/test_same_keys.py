from routing.changed_settings import changed_settings
from routing.difference import difference
from routing.same_keys import with_keys_named_as_in
from tests.routing.loading import load

ONE = """
model:
  default: m
  routes:
    - {match: {platform: a}, model: x, api_key: canary-1}
"""
ABOVE = """
model:
  default: m
  routes:
    - {match: {platform: a, source_kind: cron}, model: x, api_key: canary-2}
    - {match: {platform: a}, model: x, api_key: canary-1}
runtimes:
  r: {model: m, api_key: canary-1}
"""


def _compared(old, new):
    old, new = load(old), load(new)
    table = with_keys_named_as_in(old.written_keys, new.table, new.written_keys)
    groups = difference(old.table, table).groups
    moves = [(group.move.old["credential"], group.move.new["credential"]) for group in groups]
    return moves, table, changed_settings(old.table, table)


def test_a_key_that_only_moved_is_the_same_key():
    """A rule put above others moves the places of their keys, and nothing else."""
    moves, table, _ = _compared(ONE, ABOVE)
    assert moves == []
    references = [rule.runtime.credential for rule in table.rules]
    assert references == [
        "config:model.routes[0].api_key (another key)",
        "config:model.routes[0].api_key",
    ]
    assert table.runtimes["r"].credential == "config:model.routes[0].api_key"


def test_another_key_in_the_same_place_is_told_without_showing_it():
    """A key that was written anew is a difference, and neither key is shown."""
    moves, _, _ = _compared(ONE, ONE.replace("canary-1", "canary-2"))
    assert moves == [
        ("config:model.routes[0].api_key", "config:model.routes[0].api_key (another key)")
    ]


def test_keys_of_the_base_and_of_fallbacks_are_compared_too():
    """The base's key, which rules and fallbacks inherit, is known wherever it stands."""
    old = "model: {default: m, api_key: canary-1, fallbacks: [{model: f}]}"
    new = "model: {default: m, api_key: canary-2, fallbacks: [{model: f}]}"
    assert _compared(old, old)[2] == ()
    assert {change.name for change in _compared(old, new)[2]} == {
        "base.credential",
        "base.fallbacks",
    }
