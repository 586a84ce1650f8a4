from datetime import UTC, datetime

from routing.coverage import Coverage, coverage
from routing.decide import Router
from routing.tried_test import try_test
from tests.routing.loading import load, report

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLE = """\
model:
  default: m
  routes:
    - { match: { platform: a }, model: a }
    - { match: { platform: evil }, deny: true }
    - match: { platform: b }
      name: both
      split: [{ weight: 1 }, { weight: 1, name: second }]
    - { match: { platform: c }, enabled: false }
  by_source: { owner: { model: o } }
runtimes: { r: { model: r } }
platforms: { a: { channel_overrides: { 7: x, 8: y } }, d: { channel_overrides: { 9: z } } }
tests:
"""


def covered(*givens):
    """What tests of these messages cover, whether or not they pass."""
    entries = "".join(f"  - {{ given: {given}, expect: {{ model: none }} }}\n" for given in givens)
    loaded = load(TABLE + entries)
    assert loaded.table is not None, report(loaded)
    router = Router(loaded.table)
    return coverage(loaded.table, [try_test(test, router, NOW, 8) for test in loaded.tests])


def test_nothing_is_covered_by_nothing():
    """Every enabled entry is one rule, and is missing in the order in which rules are tried."""
    assert covered() == Coverage(
        7,
        0,
        (
            "routes[1]",
            "routes[0]",
            "both",
            "platforms.a.channel_overrides.7",
            "platforms.a.channel_overrides.8",
            "platforms.d.channel_overrides.9",
            "by_source.owner",
        ),
    )


def test_a_rule_is_covered_by_the_message_it_decides():
    """What matches, overridden or denied included, is covered, even by a test that fails."""
    found = covered(
        "{ platform: a }",
        "{ platform: evil }",
        "{ platform: cli, override: { model: m } }",
    )
    assert found.covered == 3
    assert not {"routes[0]", "routes[1]", "by_source.owner"} & set(found.missing)


def test_a_channel_is_covered_by_any_of_its_three_rules():
    """A chat, a thread or a parent chat of that id covers the entry, and no other entry."""
    found = covered("{ platform: d, thread_id: 9 }")
    assert found.covered == 1
    assert "platforms.d.channel_overrides.9" not in found.missing


def test_the_variants_of_a_covered_rule_count():
    """A variant that no test was given is missing, and the rule is covered all the same."""
    one = covered("{ platform: b, conversation_id: '7' }")
    assert one.covered == 1
    assert [name for name in one.missing if name.startswith("both")] in (
        ["both variant 0"],
        ["both variant second"],
    )
    many = covered(*(f"{{ platform: b, conversation_id: '{at}' }}" for at in range(20)))
    assert not [name for name in many.missing if name.startswith("both")]


def test_what_no_rule_decides_covers_nothing():
    """The base, a named runtime, a memory flush and an early death are no rule's doing."""
    found = covered(
        "{ platform: x }",
        "{ platform: cli, override: { runtime: r } }",
        "{ platform: cli, purpose: memory_flush }",
        "{ platform: a, hops: 9 }",
    )
    assert found.covered == 0
