import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import short
from routing.load_table import load_table
from worker.broker_user import BrokerUser, Names, Role, plain_name
from worker.broker_users import plan_users
from worker.settings import Settings
from worker.topology import plan_topology


def users(config, **settings) -> dict[str, BrokerUser]:
    """The planned users by name."""
    loaded = load_table(json.dumps(config).encode(), {})
    assert loaded.table is not None, loaded.problems
    chosen = Settings.load(settings, {}, {})
    planned = plan_users(loaded.table, plan_topology(loaded.table, chosen), chosen.prefix)
    found = {user.name: user for user in planned}
    assert len(found) == len(planned)
    return found


def fits(pattern: str, name: str) -> bool:
    """Whether RabbitMQ lets a name through: byte by byte, anywhere, unless the pattern is empty."""
    # As Python spells it; `\\z` is a backslash and a letter.
    given = re.sub(r"(?<!\\)((?:\\\\)*)\\z", r"\1\\Z", pattern) or "^$"
    return re.search(given.encode(), name.encode()) is not None


def test_each_platform_has_a_feeder_that_may_write_its_exchange():
    """A platform without publishers gets a feeder that may write to its exchange and nothing else."""
    found = users({"model": "m", "platforms": {"tele.gram": {}}})
    feeders = {name: user for name, user in found.items() if user.role is Role.FEEDER}
    assert feeders.keys() == {f"feeder-{name}" for name in ("tele.gram", "hub", "cli", "cron")}
    one = feeders["feeder-tele.gram"]
    assert (one.configure.pattern, one.read.pattern) == ("", "")
    assert fits(one.write.pattern, "in.tele.gram")
    for other in ("in.hub", "in.telexgram", "in.tele.gram2", "xin.tele.gram", "in.tele.gram\n"):
        assert not fits(one.write.pattern, other)
    assert one.limits.keys() == {"max-connections", "max-channels"}


def test_listed_publishers_are_the_users():
    """Each publisher that the table lists may write to every exchange it is listed for."""
    platforms = {"telegram": {"publishers": ["a", "b"]}, "slack": {"publishers": ["b"]}}
    found = users({"model": "m", "platforms": platforms})
    assert not {"feeder-telegram", "feeder-slack"} & found.keys()
    assert found["a"].write == Names.of(["in.telegram"])
    assert found["b"].write == Names.of(["in.telegram", "in.slack"])


@pytest.mark.parametrize(
    "name", ["feeder-hub", "pointsman-worker", "runner-m", "pointsman-operator"]
)
def test_no_publisher_gets_what_another_user_may(name):
    """A publisher that is called as one of our users would be stays a user of its own."""
    found = users({"model": "m", "platforms": {"telegram": {"publishers": [name]}}})
    assert found[name].write == Names.of(["in.telegram"])
    assert (found[name].configure, found[name].read) == (Names(), Names())
    assert f"{name}~" in found


def test_open_trust_has_a_feeder_of_its_own():
    """With `trust: open` there is a user for `in.open`; without it nobody may write there."""
    found = users({"model": "m", "trust": "open"})
    assert found["feeder-open"].write == Names.of(["in.open"])
    assert not any(fits(user.write.pattern, "in.open") for user in users({"model": "m"}).values())


def test_operators_alone_may_redrive():
    """Nobody but the operators' user may write to `in.redrive`, and it may to no platform's exchange."""
    found = users({"model": "m", "trust": "open", "platforms": {"telegram": {}}}, prefix="p.")
    redriving = [user for user in found.values() if fits(user.write.pattern, "p.in.redrive")]
    assert [user.name for user in redriving] == ["p.pointsman-operator"]
    (operator,) = redriving
    own = "p.figures."
    assert operator.write == Names(frozenset({"p.dead", "p.in.redrive"}), frozenset({own}))
    assert operator.read == Names(frozenset({"p.dead", "p.figures"}), frozenset({own}))
    assert operator.configure == Names(frozenset({"p.dead.lock"}), frozenset({own}))


def test_each_model_queue_has_a_runner():
    """Each queue of turns has a user who may read from it and nothing else, whatever its name."""
    models = ["a/b", "a-b", "M", "m", "语", "x" * 300, "batch"]
    routes = [{"match": {"platform": "slack"}, "queue": "batch"}]
    found = users({"model": {"default": "m", "routes": routes}, "models": models})
    runners = [user for user in found.values() if user.role is Role.RUNNER]
    queues = {short(f"turns.{model}") for model in models} | {"batch"}
    assert {queue for queue in queues for user in runners if fits(user.read.pattern, queue)} == (
        queues
    )
    for user in runners:
        assert sum(fits(user.read.pattern, queue) for queue in queues) == 1
        assert (user.configure, user.write) == (Names(), Names())
    assert {"runner-M", "runner-m", "runner-a-b", "runner-batch", "queue-runner-batch"} <= (
        found.keys()
    )


def test_a_prefix_is_in_every_name_and_permission():
    """With a prefix users are called after it, and may touch nothing without it."""
    found = users({"model": "m"}, prefix="blue.")
    assert all(name.startswith("blue.") for name in found)
    worker = found["blue.pointsman-worker"]
    for name in ("in.cli", "inbound", "inbound.0", "turns", "turns.m", "dead"):
        assert fits(worker.configure.pattern, f"blue.{name}")
        for pattern in (worker.configure, worker.write, worker.read):
            assert not fits(pattern.pattern, name)
            assert not fits(pattern.pattern, f"bluex{name}")


def test_the_worker_does_not_feed():
    """The worker may not write to any platform's exchange, nor to the default one."""
    worker = users({"model": "m", "trust": "open"})["pointsman-worker"]
    for name in ("in.cli", "in.open", "amq.default", "amq.topic", "other"):
        assert not fits(worker.write.pattern, name)
    for name in ("amq.default", "other", "deadly"):
        assert not fits(worker.read.pattern, name)


def test_the_worker_may_add_what_a_changed_table_asks_for():
    """Another model and another platform need no other permissions; a queue of another name does."""
    before = users({"model": "m"})["pointsman-worker"]
    more = {"model": "m", "models": ["n m"], "platforms": {"slack": {}}, "trust": "open"}
    assert users(more, partitions="64")["pointsman-worker"] == before
    routes = [{"match": {"platform": "slack"}, "queue": "batch"}]
    named = users({"model": {"default": "m", "routes": routes}})["pointsman-worker"]
    assert not fits(before.configure.pattern, "batch")
    assert fits(named.configure.pattern, "batch")


@given(names=st.frozensets(st.text(min_size=1, max_size=12), min_size=1), other=st.text())
def test_a_pattern_fits_its_names_and_no_other(names, other):
    """A permission fits exactly the names it is made for, whatever is in them."""
    pattern = Names.of(names).pattern
    assert all(fits(pattern, name) for name in names)
    assert fits(pattern, other) == (other in names)


@given(texts=st.frozensets(st.text(min_size=1), min_size=2))
def test_no_two_users_share_a_name(texts):
    """Names of users and of their files are plain, short and different for different texts."""
    names = {plain_name(text) for text in texts}
    assert len(names) == len(texts)
    assert all(re.fullmatch(r"[A-Za-z0-9._@~-]{1,100}", name) for name in names)


@given(names=st.frozensets(st.text(min_size=1), min_size=2))
def test_no_two_users_share_a_file(names):
    """The files of passwords are different for different users, and may be files anywhere."""
    files = {BrokerUser(name, Role.FEEDER, "").password_file for name in names}
    assert len(files) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9._@~+-]{1,100}", file) for file in files)


def test_a_password_is_in_the_file_of_its_user():
    """Whatever a model is called, the file has the name of its runner; an odd publisher's has not."""
    name = plain_name("runner-vendor/model:free")
    assert BrokerUser(name, Role.RUNNER, "").password_file == name
    odd, stand_in = "a/b", plain_name("a/b")
    files = {BrokerUser(each, Role.FEEDER, "").password_file for each in (odd, stand_in)}
    assert stand_in in files
    assert len(files) == 2


def test_a_plain_name_is_kept():
    """A text that is plain stays as it is; one that could stand in for another does not."""
    assert plain_name("runner-my.model_1@x") == "runner-my.model_1@x"
    stand_in = plain_name("runner-a/b")
    assert stand_in.startswith("runner-a-b~")
    assert plain_name(stand_in) != stand_in
