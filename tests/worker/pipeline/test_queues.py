import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts import turn_queue
from tests.routing.loading import table
from tests.worker.pipeline.deliveries import STAMP, delivery, pipeline
from worker.settings import Settings
from worker.topology import plan_topology

TABLE = """
model:
  default: base
  routes:
    - {match: {platform: hub}, model: peer}
    - {match: {source_kind: owner}, model: strong, queue: special}
models: [listed]
runtimes: {codex: {model: code}}
overrides: {owner: any, cron: any, hub_peer: any, stranger: any}
platforms: {telegram: {home_channel: "42"}, hub: {}}
"""
SETTINGS = Settings.load({}, {}, {})
names = st.sampled_from(
    ["base", "peer", "strong", "listed", "code", "codex", "special", "dead", "inbound.0", "turns"]
) | st.text(max_size=300)
anything: st.SearchStrategy[Any] = st.recursive(
    names | st.none() | st.integers() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=6,
)
overrides = st.fixed_dictionaries(
    {},
    optional={
        "runtime": names,
        "model": names,
        "queue": names,
        "base_url": names,
        "provider": names,
        "priority": anything,
    },
)
bodies = st.fixed_dictionaries(
    {"text": st.text(min_size=1, max_size=5)},
    optional={
        "override": overrides | anything,
        "agent_id": names,
        "conversation_id": names,
        "purpose": names,
        "message_type": names,
        "metadata": st.dictionaries(names, anything, max_size=3),
        "model": names,
        "queue": names,
        "source": st.fixed_dictionaries(
            {}, optional={"chat_id": st.just("42") | names, "chat_type": st.just("dm") | names}
        ),
    },
)


@given(bodies, st.sampled_from(["telegram", "hub", "cron", "cli"]), st.text(max_size=20))
def test_no_message_can_make_up_a_queue(body, platform, routing_key):
    """Whatever a message asks for, it goes to a queue that the table declares, or to `dead`."""
    made = pipeline(table(TABLE))
    declared = {queue.name for queue in plan_topology(made.router.table, SETTINGS).turns}
    one = delivery(
        json.dumps(body).encode(errors="surrogatepass"),
        exchange=f"in.{platform}",
        routing_key=routing_key,
    )
    publication = made(one, STAMP).publication
    if publication.exchange == "dead":
        assert publication.routing_key == ""
    else:
        assert publication.exchange == "turns"
        assert publication.routing_key in declared
        models = ("base", "peer", "strong", "listed", "code")
        assert publication.routing_key in {"special", *map(turn_queue, models)}
