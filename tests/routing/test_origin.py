import pytest

from contracts import DeadReason, PlatformName
from routing.origin import Origin, judge_origin, settle_platform
from routing.rejection import Rejection
from routing.trust import Trust
from tests.routing.tables import table

TELEGRAM = PlatformName("telegram")
CLOSED = table()
OPEN = table(trust=Trust.OPEN)


def listed(trust=Trust.EXCHANGE):
    return table(publishers={"telegram": ["hub-telegram"]}, trust=trust)


def reason_of(call, *arguments):
    with pytest.raises(Rejection) as caught:
        call(*arguments)
    return caught.value.reason


@pytest.mark.parametrize(
    ("exchange", "platform"),
    [
        ("in.telegram", TELEGRAM),
        ("in.carrier-pigeon", PlatformName("carrier-pigeon")),
        ("in.local", PlatformName("cli")),
        ("in.HUB", PlatformName("hub")),
        ("in.hub:slate", PlatformName("hub", "slate")),
        ("in.hub/slate", PlatformName("hub", "slate")),
        ("in.in.hub", PlatformName("in.hub")),
    ],
)
def test_exchange_names_the_platform(exchange, platform):
    """The platform is what follows `in.` in the exchange's name, read like any platform name."""
    assert judge_origin(exchange, None, CLOSED) == Origin(platform, None, verified=False)


@pytest.mark.parametrize(
    "exchange",
    [
        "",
        "amq.topic",
        "in.",
        "in",
        "inbound",
        "In.telegram",
        "xin.telegram",
        " in.telegram",
        "in.ｈｕｂ",
        "in.te legram",
        "in.:x",
        "in.open",
        "in.OPEN",
        "in.redrive",
        "turns",
        "dead",
    ],
)
def test_other_exchanges_are_untrusted(exchange):
    """A message from an exchange that is no platform's is dead as of untrusted origin."""
    assert reason_of(judge_origin, exchange, "hub-telegram", CLOSED) == DeadReason.UNTRUSTED_ORIGIN


def test_prefix_is_part_of_the_exchange():
    """With a prefix only exchanges that begin with it are platforms' exchanges."""
    assert judge_origin("blue.in.telegram", None, CLOSED, "blue.").platform == TELEGRAM
    for exchange in ("in.telegram", "green.in.telegram", "blue.blue.in.telegram"):
        reason = reason_of(judge_origin, exchange, None, CLOSED, "blue.")
        assert reason == DeadReason.UNTRUSTED_ORIGIN


@pytest.mark.parametrize("exchange", ["", "amq.topic", "in.open", "in.redrive", "in.ｈｕｂ", "x"])
def test_open_trust_takes_any_exchange(exchange):
    """Under open trust a foreign exchange is accepted, and vouches for no platform."""
    assert judge_origin(exchange, None, OPEN) == Origin(None, None, verified=False)


def test_listed_publisher_is_verified():
    """A message is verified when its platform lists its publishers and the user is one of them."""
    origin = judge_origin("in.telegram", "hub-telegram", listed())
    assert origin == Origin(TELEGRAM, "hub-telegram", verified=True)


def test_publisher_of_a_platform_without_a_list_is_not_verified():
    """A user id alone verifies nothing where the platform lists no publishers."""
    origin = judge_origin("in.discord", "hub-telegram", listed())
    assert origin == Origin(PlatformName("discord"), "hub-telegram", verified=False)


@pytest.mark.parametrize("user_id", [None, "", "hub-discord", "HUB-TELEGRAM", "hub-telegram "])
@pytest.mark.parametrize("exchange", ["in.telegram", "in.telegram:second"])
def test_other_publishers_are_untrusted(user_id, exchange):
    """Where publishers are listed, a message without a listed user is dead, on every instance."""
    reason = reason_of(judge_origin, exchange, user_id, listed())
    assert reason == DeadReason.UNTRUSTED_PUBLISHER


@pytest.mark.parametrize(
    ("exchange", "stated", "settled"),
    [
        ("in.hub", None, "hub"),
        ("in.hub", "hub", "hub"),
        ("in.hub", "hub:slate", "hub:slate"),
        ("in.hub:slate", None, "hub:slate"),
        ("in.hub:slate", "hub", "hub:slate"),
        ("in.hub:slate", "hub:other", "hub:slate"),
        ("in.cli", "local", "cli"),
    ],
)
@pytest.mark.parametrize("trust", list(Trust))
def test_body_may_add_an_instance_but_not_change_one(exchange, stated, settled, trust):
    """The exchange's platform stands; the body may say the instance if the exchange does not."""
    by = table(trust=trust)
    origin = judge_origin(exchange, None, by)
    said = PlatformName.parse(stated) if stated else None
    assert settle_platform(origin, said, by).platform == PlatformName.parse(settled)


@pytest.mark.parametrize("stated", ["discord", "hub", "telegram2", "tele", "cli", "cron:telegram"])
def test_body_of_another_platform_is_a_mismatch(stated):
    """A body that names a platform other than its exchange's is dead."""
    origin = judge_origin("in.telegram", None, CLOSED)
    reason = reason_of(settle_platform, origin, PlatformName.parse(stated), CLOSED)
    assert reason == DeadReason.PLATFORM_MISMATCH


def test_settling_keeps_what_was_verified():
    """A verified publisher stays verified when the body adds an instance."""
    origin = judge_origin("in.telegram", "hub-telegram", listed())
    settled = settle_platform(origin, PlatformName("telegram", "second"), listed())
    assert settled == Origin(PlatformName("telegram", "second"), "hub-telegram", verified=True)


@pytest.mark.parametrize("exchange", ["in.open", "in.telegram", "", "anything"])
def test_open_trust_believes_the_body(exchange):
    """Under open trust a message may name any platform, whatever its exchange."""
    origin = judge_origin(exchange, None, OPEN)
    assert settle_platform(origin, PlatformName("discord"), OPEN).platform == PlatformName(
        "discord"
    )


def test_open_trust_takes_no_instance_of_another_platform():
    """The instance of an exchange is nothing to a body of another platform."""
    origin = judge_origin("in.hub:slate", None, OPEN)
    assert settle_platform(origin, TELEGRAM, OPEN).platform == TELEGRAM


@pytest.mark.parametrize("by", [CLOSED, OPEN])
def test_an_empty_user_is_nobody(by):
    """A message with an empty user id has no publisher."""
    assert judge_origin("in.telegram", "", by).publisher is None


@pytest.mark.parametrize(
    ("call", "arguments", "words"),
    [
        (judge_origin, ("amq.topic", None, CLOSED), ["'amq.topic'"]),
        (judge_origin, ("in.telegram", None, listed()), ["telegram", "no user_id"]),
        (judge_origin, ("in.telegram", "hub-x", listed()), ["telegram", "'hub-x'"]),
        (
            settle_platform,
            (Origin(TELEGRAM, None, verified=False), PlatformName("discord"), CLOSED),
            ["telegram", "discord"],
        ),
    ],
)
def test_a_rejection_says_what_was_wrong(call, arguments, words):
    """The detail of a rejection names what the message came with."""
    with pytest.raises(Rejection) as caught:
        call(*arguments)
    assert all(word in caught.value.detail for word in words)


def test_open_trust_needs_a_platform_from_somewhere():
    """Under open trust a message of which neither exchange nor body names a platform is malformed."""
    origin = judge_origin("in.open", None, OPEN)
    assert reason_of(settle_platform, origin, None, OPEN) == DeadReason.MALFORMED


@pytest.mark.parametrize("exchange", ["in.open", "in.telegram", "in.discord", ""])
def test_open_trust_still_checks_listed_publishers(exchange):
    """Open trust lets nobody past the publishers of the platform that the message is settled on."""
    by = listed(Trust.OPEN)
    for user_id in (None, "hub-discord"):
        origin = judge_origin(exchange, user_id, by)
        assert reason_of(settle_platform, origin, TELEGRAM, by) == DeadReason.UNTRUSTED_PUBLISHER
    origin = judge_origin(exchange, "hub-telegram", by)
    assert settle_platform(origin, TELEGRAM, by) == Origin(TELEGRAM, "hub-telegram", verified=True)


def test_open_trust_asks_only_the_settled_platform_for_its_publishers():
    """The publishers of an exchange's platform do not count for a body of another platform."""
    by = listed(Trust.OPEN)
    origin = judge_origin("in.telegram", None, by)
    settled = settle_platform(origin, PlatformName("discord"), by)
    assert settled == Origin(PlatformName("discord"), None, verified=False)
