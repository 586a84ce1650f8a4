from dataclasses import replace

import pytest

from contracts import PlatformName, SourceKind
from routing.charge import Charge, charges, over_limit
from routing.limit import Limit, Over, Scope, by_kind
from tests.routing.tables import message, table

HUB = PlatformName("hub")
PEER = SourceKind.HUB_PEER


def limited(*scopes, kind=PEER):
    limits = by_kind(Limit(scope, kind, 5, "min", 5) for scope in scopes)
    return replace(table(), limits=limits)


def key(scope, platform=HUB, kind=PEER, agent_id=None, **source):
    """The bucket that a message from this source takes from."""
    found = charges(message(source, agent_id=agent_id), platform, kind, limited(scope, kind=kind))
    return found[0].key


def test_a_message_counts_against_the_limits_of_its_kind_only():
    """A kind that no limit names costs nothing; one that several name costs a token of each."""
    by = limited(Scope.PER_PAIR, Scope.PER_SENDER, Scope.PER_PLATFORM)
    found = charges(message({"user_id": "a"}, agent_id="b"), HUB, PEER, by)
    assert [each.limit.scope for each in found] == list(Scope)
    chat = PlatformName("telegram")
    assert charges(message({"user_id": "a"}), chat, SourceKind.STRANGER, by) == ()


def test_a_peer_that_claims_to_be_a_stranger_counts_as_both():
    """A message from a hub's platform that lowered its own trust is still under the peers' limits."""
    of_both = [Limit(Scope.PER_PAIR, PEER, 5, "min", 5)]
    of_both.append(Limit(Scope.PER_SENDER, SourceKind.STRANGER, 9, "min", 9))
    by = replace(table(), limits=by_kind(of_both))
    found = charges(message({"user_id": "a"}, agent_id="b"), HUB, SourceKind.STRANGER, by)
    assert {each.limit for each in found} == set(of_both)


def test_two_agents_share_one_bucket_whoever_writes():
    """What A asks B and what B answers A counts together; another pair has its own."""
    asked = key(Scope.PER_PAIR, user_id="a", agent_id="b")
    assert asked == key(Scope.PER_PAIR, user_id="b", agent_id="a")
    assert asked != key(Scope.PER_PAIR, user_id="a", agent_id="c")
    assert asked != key(Scope.PER_PAIR, PlatformName("mesh"), user_id="a", agent_id="b")


def test_a_sender_has_one_bucket_for_all_it_writes_to():
    """Per sender, the agent addressed and the chat do not count; the platform does."""
    one = key(Scope.PER_SENDER, user_id="a", agent_id="b", chat_id="1")
    assert one == key(Scope.PER_SENDER, user_id="a", agent_id="c", chat_id="2")
    assert one != key(Scope.PER_SENDER, user_id="b", agent_id="b")
    assert one != key(Scope.PER_SENDER, PlatformName("mesh"), user_id="a")


def test_a_platform_has_one_bucket_for_all_its_instances():
    """Per platform, nobody gets another bucket by naming an instance: nobody vouches for it."""
    assert key(Scope.PER_PLATFORM, user_id="a") == ("hub",)
    assert key(Scope.PER_PLATFORM, PlatformName("hub", "x"), user_id="b") == ("hub",)


@pytest.mark.parametrize(
    ("source", "platform", "who"),
    [
        ({"user_id": "u", "user_id_alt": "v"}, PlatformName("hub", "slate"), "u"),
        ({"user_id_alt": "v"}, PlatformName("hub", "slate"), "v"),
        ({"chat_id": "7"}, PlatformName("hub", "slate"), "slate"),
        ({"chat_id": "7"}, HUB, "7"),
        ({"chat_id": "7"}, PlatformName("telegram", "two"), "7"),
        ({}, HUB, ""),
        ({"user_id": ""}, HUB, ""),
    ],
)
def test_whoever_leaves_an_id_out_is_counted_all_the_same(source, platform, who):
    """The sender is the user id, the other one, a hub's instance, the chat; or nobody named."""
    assert key(Scope.PER_SENDER, platform, **source) == (platform.platform, who)


def test_a_limit_that_is_exceeded_names_itself_and_whom_it_counts():
    """The detail says where the limit stands, how much it is and for whom, shortened."""
    limit = Limit(Scope.PER_PAIR, PEER, 10, "min", 10)
    told = over_limit(Charge(limit, ("hub", "a\nb", "c" * 99)))
    assert told == (
        f"limits.per_pair.hub_peer: more than 10/min from 'a\\nb' and '{'c' * 40}…' on hub"
    )
    patient = replace(limit, scope=Scope.PER_PLATFORM, over=Over.DELAY, up_to=2.5)
    told = over_limit(Charge(patient, ("hub",)))
    assert told.endswith("more than 10/min from hub, and 2.5 s is the longest wait")
