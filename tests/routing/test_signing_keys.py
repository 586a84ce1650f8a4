import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import DeadReason, PlatformName, SourceKind
from routing.changed_settings import changed_settings
from routing.classify import classify
from routing.context import Circumstances, routing_context
from routing.decide import Router
from routing.home_channel import HomeChannel
from routing.origin import Origin, judge_origin, settle_platform
from routing.rejection import Rejection
from routing.tried_test import try_test
from routing.trust import Trust
from tests.routing.loading import errors, load, report, warnings
from tests.routing.loading import table as read
from tests.routing.tables import message, table
from tests.routing.test_tried_test import NOON

WEBHOOK = PlatformName("webhook")
KEYS = {"webhook": {"k1": "env:K"}}


def passes(_platform):
    """The check of a signature that is good."""


def fails(platform):
    raise Rejection(DeadReason.BAD_SIGNATURE, f"bad on {platform}")


def listing(keys):
    return f"model: m\nplatforms: {{webhook: {{signing_keys: {keys}}}}}"


# ---- reading


@pytest.mark.parametrize(
    ("written", "reference"),
    [
        ("${KEY}", "env:KEY"),
        ("' ${KEY} '", "env:KEY"),
        ("env:KEY", "env:KEY"),
        ("file:/run/keys/k1", "file:/run/keys/k1"),
        ("'file:a key'", "file:a key"),
    ],
)
def test_a_signing_key_is_a_reference(written, reference):
    """A variable's name or a file's path is kept, and what is there is not looked up."""
    loaded = read(listing(f"{{k1: {written}, k-2.b_: env:OTHER}}"))
    assert loaded.signing_keys == {"webhook": {"k1": reference, "k-2.b_": "env:OTHER"}}
    assert loaded.platforms >= {"webhook"}


@pytest.mark.parametrize(
    "written",
    [
        "canary",
        "'config:canary'",
        "'env:'",
        "'env:a canary'",
        "'file:'",
        '"file:a\\ncanary"',
        "'file:${HOME}/canary'",
        "${KEY:-canary}",
        "'canary${KEY}'",
        "''",
        "null",
        "[]",
        "[canary]",
        "{canary: x}",
    ],
)
def test_what_is_no_reference_is_an_error_that_does_not_quote_it(written):
    """A key written out, or nothing at all, cannot stand for a key, and no message shows it."""
    said = errors(listing(f"{{k1: {written}}}"))
    assert said.startswith("t.yaml:2:42: error: `platforms.webhook.signing_keys.k1`")
    assert "canary" not in report(load(listing(f"{{k1: {written}}}")))
    assert "never stands in a table" in said


@pytest.mark.parametrize("keys", ["canary", "[canary]", "{'canary;': env:K}", f"{{{'c' * 65}: a}}"])
def test_keys_are_listed_by_their_id(keys):
    """Anything but a mapping of key ids is an error, and not quoted."""
    said = errors(listing(keys))
    assert "platforms.webhook.signing_keys" in said
    assert "canary" not in said
    assert "ccc" not in said


@pytest.mark.parametrize("empty", ["null", "{}", "[]", "''"])
def test_no_keys_listed_is_no_restriction(empty):
    """An empty list of keys is as if it was not there."""
    assert read(listing(empty)).signing_keys == {}


def test_a_key_id_means_one_key_for_all_instances():
    """The keys of two instances are the platform's together, and one id cannot be two keys."""
    text = "model: m\nplatforms: {'x:a': {signing_keys: {k1: env:A}}, 'x:b': {signing_keys: {%s}}}"
    assert read(text % "k2: env:B").signing_keys == {"x": {"k1": "env:A", "k2": "env:B"}}
    assert read(text % "k1: env:A").signing_keys == {"x": {"k1": "env:A"}}
    assert "`x` has another key `k1` already" in errors(text % "k1: env:B")


@pytest.mark.parametrize(("other", "warned"), [("${K}", True), ("env:K2", False)])
def test_a_key_of_two_platforms_is_a_warning(other, warned):
    """What is signed for one platform would hold for the other."""
    said = warnings(
        f"model: m\nplatforms: {{a: {{signing_keys: {{k1: env:K}}}}, b: {{signing_keys: {{k9: {other}}}}}}}"
    )
    assert ("`platforms.b.signing_keys.k9` is a key of `a` as well" in said) is warned
    assert "as well" not in warnings(listing("{k1: env:K, k2: env:K}"))


def test_a_key_in_the_wrong_place_is_told_where_it_belongs():
    """Under the model's `platforms:` the key means nothing, and the hint says where it does."""
    said = errors(
        "model: {default: m, platforms: {webhook: {model: n, signing_keys: {k1: env:K}}}}"
    )
    assert "it belongs under the file's `platforms:`" in said


# ---- where a message is from


@pytest.mark.parametrize("trust", Trust)
def test_a_signature_is_asked_for_where_keys_are_listed(trust):
    """There a good one verifies the message, and a bad one ends it; elsewhere nobody asks."""
    by = table(signing_keys=KEYS, trust=trust)

    def judged(exchange, check):
        origin = judge_origin(exchange, None, by, check_signature=check)
        return settle_platform(origin, None, by, check)

    assert judged("in.webhook", passes) == Origin(WEBHOOK, None, verified=True, signed=True)
    assert judged("in.slack", fails) == Origin(PlatformName("slack"), None, verified=False)
    with pytest.raises(Rejection, match="bad on webhook"):
        judged("in.webhook", fails)


@pytest.mark.parametrize("trust", Trust)
def test_a_message_that_nobody_checks_is_not_signed(trust):
    """Where no check is given, a platform with keys takes nothing."""
    by = table(signing_keys=KEYS, trust=trust)
    with pytest.raises(Rejection) as caught:
        settle_platform(judge_origin("in.webhook", None, by), None, by)
    assert caught.value.reason is DeadReason.BAD_SIGNATURE


def test_the_platform_that_a_message_is_settled_on_asks_for_the_signature():
    """Under open trust it is the stated platform, not the exchange's, whose keys count."""
    by = table(signing_keys=KEYS, trust=Trust.OPEN)
    origin = judge_origin("in.slack", None, by, check_signature=fails)
    with pytest.raises(Rejection, match="bad on webhook"):
        settle_platform(origin, WEBHOOK, by, fails)
    origin = judge_origin("in.webhook", None, by, check_signature=fails)
    assert not settle_platform(origin, PlatformName("slack"), by, fails).signed


@pytest.mark.parametrize(
    ("user", "check", "reason"),
    [
        ("feeder", passes, None),
        ("feeder", fails, DeadReason.BAD_SIGNATURE),
        ("other", passes, DeadReason.UNTRUSTED_PUBLISHER),
        (None, passes, DeadReason.UNTRUSTED_PUBLISHER),
    ],
)
def test_publishers_and_keys_both_have_to_hold(user, check, reason):
    """A platform that lists both verifies only what a listed user sent and a listed key signed."""
    by = table(signing_keys=KEYS, publishers={"webhook": ["feeder"]})
    if reason is None:
        judged = judge_origin("in.webhook", user, by, check_signature=check)
        assert judged == Origin(WEBHOOK, "feeder", verified=True, signed=True)
        return
    with pytest.raises(Rejection) as caught:
        judge_origin("in.webhook", user, by, check_signature=check)
    assert caught.value.reason is reason


# ---- who is talking


OWNED = table(
    home_channels={"webhook": HomeChannel("42"), "hub": HomeChannel("42")},
    owners={"webhook": ["7"]},
    signing_keys=KEYS,
)


@pytest.mark.parametrize(
    ("source", "signed", "kind"),
    [
        ({"chat_id": "42", "chat_type": "dm"}, True, SourceKind.OWNER),
        ({"chat_id": "9", "chat_type": "dm", "user_id": "7"}, True, SourceKind.OWNER),
        ({"chat_id": "42", "chat_type": "group"}, True, SourceKind.STRANGER),
        ({"chat_id": "42"}, True, SourceKind.STRANGER),
        ({"chat_id": "9", "chat_type": "dm", "user_id": "8"}, True, SourceKind.STRANGER),
        ({"chat_id": "42", "chat_type": "dm"}, False, SourceKind.STRANGER),
        ({"chat_id": "9", "chat_type": "dm", "user_id": "7"}, False, SourceKind.STRANGER),
    ],
)
def test_a_signed_message_from_where_ids_can_be_forged(source, signed, kind):
    """Signed, the rules of home channels and owners hold for it; unsigned it is a stranger's."""
    assert classify(message(source), WEBHOOK, OWNED, signed=signed).source_kind is kind


def test_a_signature_raises_no_hub_peer():
    """What is signed on a hub platform is still from a peer."""
    source = {"chat_id": "42", "chat_type": "dm"}
    found = classify(message(source), PlatformName("hub"), OWNED, signed=True)
    assert found.source_kind is SourceKind.HUB_PEER


@pytest.mark.parametrize(("signed", "user_id"), [(True, "7"), (False, None)])
def test_a_signed_user_id_is_a_fact(signed, user_id):
    """Where ids can be forged, a rule sees the sender of signed messages only, and so does a job."""
    each = message({"user_id": "7"})
    known = Circumstances(verified=signed, signed=signed)
    context = routing_context(each, WEBHOOK, SourceKind.STRANGER, OWNED, known)
    assert context.fact("user_id") == user_id
    assert Router(OWNED).trusted_user_id(each, WEBHOOK, signed=signed) == user_id


# ---- what is told of a table


SIGNED = "platforms: {webhook: {home_channel: 1, signing_keys: {k1: env:K}}}"


def test_an_owner_by_signature_is_no_warning():
    """Where messages are signed, a home channel makes an owner; elsewhere the hint says so."""
    assert "makes nobody" not in warnings(f"model: m\n{SIGNED}\nowners: {{webhook: [1]}}")
    assert "`platforms.webhook.signing_keys`" in warnings(
        "model: m\nplatforms: {webhook: {home_channel: 1}}"
    )
    hub = "platforms: {hub: {home_channel: 1, signing_keys: {k1: env:K}}}"
    assert "one of `hub_platforms`" in warnings(f"model: m\n{hub}")


@pytest.mark.parametrize(
    ("match", "never"),
    [
        ("{platform: webhook, user_id: '7'}", False),
        ("{platform: api_server, user_id: '7'}", True),
        ("{platform: webhook, source_kind: owner}", False),
        ("{platform: webhook, source_kind: owner, chat_id: '2'}", True),
        ("{platform: api_server, source_kind: owner}", True),
        ("{platform: webhook, verified: 'true'}", False),
        ("{platform: webhook, verified: 'false'}", False),
        ("{platform: slack, verified: 'true'}", True),
        ("{platform: webhook, publisher: u}", False),
    ],
)
def test_rules_for_signed_messages_are_told_only_if_there_are_none(match, never):
    """What can come of a platform whose messages are signed is known, here and with its reason."""
    said = warnings(f"model: {{default: m, routes: [{{match: {match}, model: n}}]}}\n{SIGNED}")
    assert ("`routes[0]` can never match" in said) is never


def test_a_rule_hidden_by_the_owners_of_a_signed_platform():
    """A rule for what a signed platform's owner writes is told where an earlier one takes it."""
    routes = "[{match: {chat_id: '1'}, model: n}, {match: {platform: webhook, source_kind: owner}, model: o}]"
    said = warnings(f"model: {{default: m, routes: {routes}}}\n{SIGNED}")
    assert "`routes[1]` can never match" in said


# ---- what changes between two tables


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{}", "{k1: env:K}", {"signing_keys.webhook.k1": (None, "env:K")}),
        ("{k1: env:K}", "{k1: env:L}", {"signing_keys.webhook.k1": ("env:K", "env:L")}),
        ("{k1: env:K}", "{}", {"signing_keys.webhook.k1": ("env:K", None)}),
        ("{k1: env:K}", "{k2: env:L, k1: env:K}", {"signing_keys.webhook.k2": (None, "env:L")}),
        ("{k1: env:K}", "{k1: '${K}'}", {}),
    ],
)
def test_another_key_is_a_changed_setting(old, new, told):
    """Keys that come, go, or are others move messages, and are told by their references."""
    found = changed_settings(read(listing(old)), read(listing(new)))
    assert {each.name: (each.old, each.new) for each in found} == told


@pytest.mark.parametrize(("keys", "told"), [("{k1: env:K}", []), ("{}", ["spoofable_platforms"])])
def test_whether_ids_can_be_forged_does_not_matter_where_messages_are_signed(keys, told):
    """A platform that leaves `spoofable_platforms` is told unless its messages are signed anyway."""
    platforms = f"platforms: {{webhook: {{home_channel: 1, signing_keys: {keys}}}}}\n"
    old, new = (
        read(f"model: m\n{platforms}spoofable_platforms: {listed}")
        for listed in ("[webhook]", "[]")
    )
    names = [each.name for each in changed_settings(old, new)]
    assert [name for name in names if not name.startswith("home")] == told


def test_keys_that_make_an_owner_let_a_home_channel_be_heard():
    """Once messages are signed, another home channel is a change; before, it moved nothing."""

    def names(keys):
        both = (
            read(
                f"model: m\nplatforms: {{webhook: {{home_channel: {home}, signing_keys: {keys}}}}}"
            )
            for home in (1, 2)
        )
        return [each.name for each in changed_settings(*both)]

    assert names("{}") == []
    assert names("{k1: env:K}") == ["home_channels.webhook"]


# ---- tests in a table


def end_of(given_):
    text = (
        "model: {default: m, routes: [{match: {source_kind: owner}, model: strong},"
        " {match: {verified: 'true'}, model: vouched}]}\n"
        f"{SIGNED}\ntests: [{{given: {given_}, expect: {{model: m}}}}]"
    )
    loaded = load(text)
    assert loaded.table is not None, report(loaded)
    end = try_test(loaded.tests[0], Router(loaded.table), NOON, 8).destination
    return end.get("dead") or end.get("model")


@pytest.mark.parametrize(
    ("given_", "end"),
    [
        ("{platform: webhook}", "vouched"),
        ("{platform: webhook, signed: true}", "vouched"),
        ("{platform: webhook, signed: false}", "bad_signature"),
        ("{platform: webhook, chat_type: dm, chat_id: 1}", "strong"),
        ("{platform: webhook, chat_type: dm, chat_id: 1, signed: false}", "bad_signature"),
        ("{platform: api_server, chat_type: dm, chat_id: 1, signed: true}", "m"),
        ("{platform: slack, signed: true}", "m"),
        ("{platform: slack, signed: false}", "m"),
    ],
)
def test_a_test_comes_signed_unless_it_says_otherwise(given_, end):
    """Where keys are listed a test's message is signed, or dead; elsewhere it makes no difference."""
    assert end_of(given_) == end


def test_signed_is_true_or_false():
    """Anything else is an error with its place."""
    text = "model: m\ntests: [{given: {platform: x, signed: by me}, expect: {model: m}}]"
    assert "`tests[0].given.signed` is `true` or `false`" in errors(text)


@given(st.text())
def test_whatever_stands_for_a_key_is_read_or_refused_without_a_quote(text):
    """No text in place of a reference gets past, or into what is said of it."""
    loaded = load(listing(json.dumps({"k1": f"env:{text}!"})))
    assert loaded.table is None
    marked = f"canary{text}"
    assert "canary" not in report(load(listing(json.dumps({"k1": marked}))))
