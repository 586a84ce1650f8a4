"""What the demo feeds, and the examples it runs."""

import json

import pytest

from contracts import InboundMessage, routing_key
from contracts.hub_frame import HubFrame
from worker.demo.commands import Commands
from worker.demo.examples_folder import examples_folder
from worker.demo.samples import samples_for

EVERYWHERE = {f"in.{name}" for name in ("telegram", "discord", "slack", "hub", "cron", "cli")}
LINES = (examples_folder() / "samples.jsonl").read_text("utf-8").splitlines()


def test_all_samples_are_fed_where_the_table_knows_every_platform():
    """A table with every platform gets the samples as they are."""
    with samples_for(EVERYWHERE | {"in.webhook"}) as (path, left_out):
        assert path == examples_folder() / "samples.jsonl"
        assert left_out == ()


def test_samples_of_platforms_unknown_to_the_table_are_left_out():
    """What nobody would take is not fed, is said, and the file made for it goes away."""
    with samples_for(EVERYWHERE - {"in.discord", "in.slack"}) as (path, left_out):
        fed = {json.loads(line)["exchange"] for line in path.read_text("utf-8").splitlines()}
        assert fed == EVERYWHERE - {"in.discord", "in.slack"}
        assert left_out == ("in.discord", "in.slack")
    assert not path.exists()


@pytest.mark.parametrize("line", LINES)
def test_every_sample_is_what_a_feeder_may_publish(line):
    """Each sample has a routing key, and an id that changes from lap to lap."""
    sample = json.loads(line)
    assert len(routing_key(sample["message"])) == 32
    assert sample["id"].endswith("LAP")
    if HubFrame.is_shape_of(sample["message"]):
        message = HubFrame.model_validate(sample["message"]).to_inbound()
    else:
        message = InboundMessage.model_validate(sample["message"])
    assert message.message_id == sample["id"]


def test_no_broker_url_is_among_the_arguments_of_a_process(tmp_path):
    """URLs hold passwords and everybody can list arguments, so they go by the environment."""
    url = "amqp://somebody:canary-password@127.0.0.1/"
    commands = Commands(tmp_path / "table.yaml", "demo-1.", url, url)
    spoken = [commands.worker(1), commands.feeder(tmp_path, 5), commands.runner(["a", "b"])]
    assert "canary-password" not in str(spoken)
    assert "canary-password" not in repr(commands)
    assert commands.worker_environment()["POINTSMAN_AMQP_URL"] == url
    assert commands.client_environment()["POINTSMAN_AMQP_URL"] == url
