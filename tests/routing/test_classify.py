import pytest

from contracts import PlatformName, SourceKind
from routing.classify import classify
from routing.home_channel import HomeChannel
from tests.routing.tables import message, table

HOME = table(
    home_channels={
        "telegram": HomeChannel("42"),
        "slack": HomeChannel("42", "7"),
        "hub": HomeChannel("42"),
        "webhook": HomeChannel("42"),
        "cron": HomeChannel("42"),
    },
    owners={"discord": ["9"], "webhook": ["9"], "hub": ["9"]},
)


def dm(**fields):
    return {"chat_id": "42", "chat_type": "dm", "user_id": "5", **fields}


def kind(source, platform="telegram", by=HOME, **fields):
    return classify(message(source, **fields), PlatformName.parse(platform), by).source_kind


@pytest.mark.parametrize("source", [None, {}, dm(), dm(chat_type="group")])
@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("cron", SourceKind.CRON),
        ("cron:nightly", SourceKind.CRON),
        ("hub", SourceKind.HUB_PEER),
        ("hub:slate", SourceKind.HUB_PEER),
        ("cli", SourceKind.OWNER),
        ("local", SourceKind.OWNER),
        ("local:tty", SourceKind.OWNER),
    ],
)
def test_some_platforms_say_it_all(source, platform, expected):
    """The scheduler, hub platforms and the terminal have one kind, whatever the source says."""
    assert kind(source, platform) == expected


def test_hub_platforms_are_a_setting():
    """Every platform of hub_platforms is a peer's, and `hub` only if it is one of them."""
    by = table(hub_platforms=["peers", "cli"], home_channels={"hub": HomeChannel("42")})
    assert kind(dm(), "peers", by) == SourceKind.HUB_PEER
    assert kind(dm(), "cli", by) == SourceKind.HUB_PEER
    assert kind(dm(), "hub", by) == SourceKind.OWNER


def test_the_scheduler_is_not_a_peer():
    """The platform cron is the scheduler even among hub_platforms."""
    assert kind(dm(), "cron", table(hub_platforms=["cron"])) == SourceKind.CRON


@pytest.mark.parametrize("user_id", ["5", "42", None])
def test_a_dm_in_the_home_channel_is_the_owner(user_id):
    """Whoever writes in the DM that is the platform's home channel is its owner."""
    assert kind(dm(user_id=user_id)) == SourceKind.OWNER
    assert kind(dm(user_id=user_id, thread_id="3")) == SourceKind.OWNER


@pytest.mark.parametrize(
    "source",
    [
        dm(chat_type="group"),
        dm(chat_type="channel"),
        dm(chat_type="thread"),
        dm(chat_type="DM"),
        dm(chat_type=" dm"),
        dm(chat_type=""),
        dm(chat_type=None),
        dm(chat_id="042"),
        dm(chat_id="42 "),
        dm(chat_id="４２"),
        dm(chat_id="9", user_id="42"),
        dm(chat_id="9", parent_chat_id="42", chat_id_alt="42", chat_name="42", user_name="42"),
        dm(chat_id=""),
        dm(chat_id=None),
        None,
    ],
)
def test_what_is_not_the_home_channel_makes_no_owner(source):
    """Only a stated DM with exactly the home channel's chat id is the owner's."""
    assert kind(source) == SourceKind.STRANGER


def test_a_chat_id_given_as_a_number_is_its_text():
    """A chat id of 42 and one of "42" are the same chat."""
    assert kind(dm(chat_id=42)) == SourceKind.OWNER


@pytest.mark.parametrize(
    ("thread_id", "expected"),
    [("7", SourceKind.OWNER), (7, SourceKind.OWNER)]
    + [(other, SourceKind.STRANGER) for other in ("8", "", None, "07")],
)
def test_a_home_channel_with_a_thread_is_only_that_thread(thread_id, expected):
    """Where the home channel names a thread, the rest of the chat makes no owner."""
    assert kind(dm(thread_id=thread_id), "slack") == expected


def test_a_home_channel_is_one_platforms():
    """The chat id of one platform's home channel means nothing on another."""
    assert kind(dm(), "signal") == SourceKind.STRANGER


@pytest.mark.parametrize("platform", ["webhook", "webhook:one"])
def test_spoofable_platforms_have_no_owner(platform):
    """Where ids can be forged neither the home channel nor owners make an owner."""
    assert kind(dm(user_id="9"), platform) == SourceKind.STRANGER


def test_spoofable_platforms_are_a_setting():
    """A platform is spoofable exactly if the table says so."""
    by = table(
        home_channels={"webhook": HomeChannel("42"), "telegram": HomeChannel("42")},
        spoofable_platforms=["telegram"],
    )
    assert kind(dm(), "webhook", by) == SourceKind.OWNER
    assert kind(dm(), "telegram", by) == SourceKind.STRANGER


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (dm(user_id="9"), SourceKind.OWNER),
        (dm(user_id=9), SourceKind.OWNER),
        (dm(user_id="5"), SourceKind.STRANGER),
        (dm(user_id="5", user_id_alt="9", user_name="9"), SourceKind.STRANGER),
        (dm(user_id="9", chat_type="group"), SourceKind.STRANGER),
        (dm(user_id="9", chat_type=None), SourceKind.STRANGER),
        (dm(user_id=""), SourceKind.STRANGER),
        (dm(user_id=None), SourceKind.STRANGER),
    ],
)
def test_owners_are_known_by_their_user_id_in_dms(source, expected):
    """A user listed in owners is the owner in DMs, and nowhere else."""
    assert kind(source, "discord") == expected


def test_an_empty_id_is_nobodys():
    """Even a table of empty ids makes nobody an owner."""
    by = table(home_channels={"telegram": HomeChannel("")}, owners={"telegram": [""]})
    assert kind(dm(chat_id="", user_id=""), "telegram", by) == SourceKind.STRANGER


def test_owners_are_one_platforms():
    """A user listed for one platform is nobody on another."""
    assert kind(dm(chat_id="1", user_id="9"), "telegram") == SourceKind.STRANGER


@pytest.mark.parametrize("claim", ["owner", "hub_peer", "cron", "root", "STRANGER", 1, True, ["x"]])
@pytest.mark.parametrize("platform", ["telegram", "signal", "hub", "cron", "cli"])
def test_a_claim_is_ignored_and_counted(claim, platform):
    """What the body says of its source kind changes nothing, and is reported as ignored."""
    honest = classify(message(dm()), PlatformName(platform), HOME)
    for claiming in (message(dm(), source_kind=claim), message(dm(source_kind=claim))):
        classified = classify(claiming, PlatformName(platform), HOME)
        assert classified.source_kind == honest.source_kind
        assert (honest.claim_ignored, classified.claim_ignored) == (False, True)


@pytest.mark.parametrize("platform", ["telegram", "signal", "hub", "cron", "cli"])
def test_a_claim_to_be_a_stranger_is_honoured(platform):
    """Anybody may be trusted less by saying so."""
    for claiming in (message(dm(), source_kind="stranger"), message(dm(source_kind="stranger"))):
        classified = classify(claiming, PlatformName(platform), HOME)
        assert classified.source_kind == SourceKind.STRANGER
        assert not classified.claim_ignored


def test_of_two_claims_the_lower_is_honoured():
    """A body that claims to be a stranger and an owner is a stranger's, and the other is ignored."""
    classified = classify(
        message(dm(source_kind="stranger"), source_kind="owner"), PlatformName("telegram"), HOME
    )
    assert (classified.source_kind, classified.claim_ignored) == (SourceKind.STRANGER, True)


@pytest.mark.parametrize("claim", [None, ""])
def test_an_empty_claim_is_none(claim):
    """A claim of nothing is not counted."""
    claiming = message(dm(source_kind=claim), source_kind=claim)
    classified = classify(claiming, PlatformName("telegram"), HOME)
    assert (classified.source_kind, classified.claim_ignored) == (SourceKind.OWNER, False)
