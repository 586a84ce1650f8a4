from tests.campaign.fault import KINDS
from tests.campaign.schedule import draw


def test_a_seed_always_gives_the_same_schedule():
    """A schedule can be had again from its seed, and another seed gives another."""
    assert draw(7) == draw(7)
    assert draw(7) != draw(8)


def test_every_kind_of_fault_is_drawn():
    """Among many schedules each kind of fault happens, and faults overlap."""
    events = [event for seed in range(600) for event in draw(seed).events]
    assert {event.kind for event in events} == KINDS.keys()


def test_faults_are_limited_to_the_kinds_asked_for():
    """With kinds given, no other fault is drawn."""
    kinds = {"broker killed", "worker left"}
    drawn = {event.kind for seed in range(20) for event in draw(seed, kinds=kinds).events}
    assert drawn == kinds


def test_faults_of_clusters_are_for_clusters():
    """A single node is not asked who leads, and the number of nodes can be given."""
    for seed in range(40):
        single, cluster = draw(seed, nodes=1), draw(seed, nodes=3)
        assert (single.nodes, cluster.nodes) == (1, 3)
        assert all(KINDS[event.kind].clustered in {None, False} for event in single.events)
        assert all(KINDS[event.kind].clustered in {None, True} for event in cluster.events)
