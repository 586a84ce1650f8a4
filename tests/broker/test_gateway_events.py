import json
from pathlib import Path

from contracts import TurnJob
from tests.broker.client import Client

EVENTS = [
    json.loads(line)
    for line in (Path(__file__).parent.parent / "data/gateway_events.jsonl")
    .read_text("utf-8")
    .splitlines()
]
CHAT_TYPES = ("dm", "group", "channel", "thread")


def exchange_of(platform: str) -> str:
    return "cli" if platform == "local" else platform


async def test_every_event_of_a_gateway_becomes_a_job(run_pointsman, vhost_url):
    """What hub gateways send to their platform's exchange comes out as a job, in any chat type."""
    platforms = {exchange_of(event["source"]["platform"]) for event in EVENTS}
    config = {"model": "m", "platforms": {name: {} for name in sorted(platforms)}}
    run = run_pointsman(config)
    sent = {}
    async with Client(vhost_url) as client:
        for event in EVENTS:
            for chat_type in CHAT_TYPES:
                message_id = f"{event['message_id']}-{chat_type}"
                source = {**event["source"], "chat_type": chat_type}
                sent[message_id] = {**event, "message_id": message_id, "source": source}
        await client.publish_all(
            (exchange_of(event["source"]["platform"]), event) for event in sent.values()
        )
        jobs = await client.jobs("m", len(sent))
        assert await client.waiting("dead") == 0
    assert {job["message"]["message_id"] for job in jobs} == sent.keys()
    for job in jobs:
        event = sent[job["message"]["message_id"]]
        platform = exchange_of(event["source"]["platform"])
        assert TurnJob.model_validate(job).source.platform == platform
        assert job["message"]["text"] == event["text"]
        assert job["message"]["message_type"] == event["message_type"]
        assert job["message"]["source"]["chat_id"] == event["source"]["chat_id"]
        assert job["source"]["chat_type"] == event["source"]["chat_type"]
        assert job["source"]["source_kind"] == ("owner" if platform == "cli" else "stranger")
    assert len(run.logged("delivery", outcome="accepted")) == len(sent)
