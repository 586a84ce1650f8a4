from dataclasses import replace

from routing.load_table import load_table
from worker.settings import Settings
from worker.topology import plan_topology
from worker.topology_change import added, left, merged

SETTINGS = Settings.load({}, {}, {"partitions": "2"})


def planned(text):
    table = load_table(text.encode(), {}).table
    assert table is not None
    return plan_topology(table, SETTINGS)


OLD = planned("{model: a, models: [b]}")
NEW = planned("{model: c, models: [b], platforms: {telegram: {}}}")


def test_only_what_is_new_is_added():
    """A new model's queue and its binding, a new platform's exchange and its binding, no partitions."""
    more = added(OLD, NEW)
    assert [queue.name for queue in more.turns] == ["turns.c"]
    assert [each.name for each in more.exchanges] == ["inbound", "in.telegram"]
    assert {(each.source, each.destination) for each in more.bindings} == {
        ("turns", "turns.c"),
        ("in.telegram", "inbound"),
    }
    assert more.partitions == ()
    assert [each.source for each in more.entries] == ["in.telegram"]


def test_nothing_is_added_where_a_table_needs_nothing_new():
    """A table that needs what is there, or less, adds neither queue nor binding."""
    for after in (OLD, planned("model: a")):
        more = added(OLD, after)
        assert (more.turns, more.bindings, more.entries) == ((), (), ())


def test_what_is_merged_has_both():
    """Queues, exchanges and bindings of both tables are in it, each once, and its partitions are those of one."""
    both = merged(OLD, NEW)
    assert sorted(queue.name for queue in both.turns) == ["turns.a", "turns.b", "turns.c"]
    assert set(both.bindings) == {*OLD.bindings, *NEW.bindings}
    assert len(set(both.bindings)) == len(both.bindings)
    assert set(both.exchanges) == {*OLD.exchanges, *NEW.exchanges}
    assert both.inbound == NEW.inbound
    assert replace(both, turns=(), bindings=(), exchanges=()) == replace(
        NEW, turns=(), bindings=(), exchanges=()
    )


def test_models_that_left_are_named():
    """Queues that only the old table has have left."""
    assert left(OLD, NEW) == ("turns.a",)
    assert left(NEW, NEW) == ()


def test_queues_of_isolated_platforms_are_not_added():
    """What a running process consumes stays as it is, and nothing that is bound is undone."""
    isolated = "{model: a, models: [b], platforms: {x: {isolated: true}}}"
    more = added(planned(isolated), planned(isolated.replace("[b]", "[b, c]")))
    assert [queue.name for queue in more.turns] == ["turns.c"]
    assert (more.isolated, more.ended, more.entries) == ({}, (), ())
    assert more.shared == {}
    assert added(OLD, NEW).shared == {"telegram": "inbound@telegram"}
    assert "in.x" not in {each.name for each in planned(isolated).outgoing.exchanges}
    assert not planned(isolated).outgoing.isolated
