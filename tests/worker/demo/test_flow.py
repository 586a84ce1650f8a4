"""What the demo reads out of the worker's log."""

from worker.demo.flow import Flow, Track


def accepted(**changes):
    event = {
        "event": "delivery",
        "level": "info",
        "outcome": "accepted",
        "platform": "telegram",
        "source_kind": "owner",
        "route": "by_source.owner",
        "queue": "demo-1.turns.m",
        "ms": 2.5,
    }
    return event | changes


def test_turns_are_counted_per_track():
    """Each accepted delivery counts for its platform, source kind, route and queue, unprefixed."""
    flow = Flow("demo-1.")
    flow.record(accepted())
    flow.record(accepted())
    flow.record(accepted(source_kind="stranger", route="base"))
    assert flow.tracks == {
        Track("telegram", "owner", "by_source.owner", "turns.m"): 2,
        Track("telegram", "stranger", "base", "turns.m"): 1,
    }


def test_only_accepted_deliveries_are_turns():
    """Dead letters, duplicates and other lines of the log add no turn and no latency."""
    flow = Flow()
    flow.record(accepted(outcome="dead", level="warning"))
    flow.record(accepted(outcome="duplicate"))
    flow.record({"event": "consuming", "level": "info"})
    flow.record({})
    assert not flow.tracks
    assert flow.latency(0.5) is None
    assert flow.notice is None


def test_latency_is_a_share_of_all():
    """Half of the turns took p50 at most, nearly all of them p99."""
    flow = Flow()
    for ms in range(1, 101):
        flow.record(accepted(ms=ms))
    assert (flow.latency(0.5), flow.latency(0.99), flow.latency(1)) == (51, 100, 100)


def test_the_last_warning_is_kept():
    """A warning that is not about one delivery is shown with its reason."""
    flow = Flow()
    flow.record({"event": "broker lost", "level": "warning", "why": "gone"})
    flow.record({"event": "stopped", "level": "info"})
    assert flow.notice == "broker lost: gone"
