import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import PlatformName, routing_key
from routing.conversation import conversation_key
from tests.routing.tables import message, table

PER_USER = table()
SHARED = table(shared_groups=True)
IDS = ("profile", "chat_id", "thread_id", "user_id", "user_id_alt")


def key(source=None, platform="telegram", by=PER_USER, **fields):
    return conversation_key(message(source, **fields), PlatformName.parse(platform), by)


def group(**fields):
    return {"chat_type": "group", "chat_id": "42", "user_id": "7", **fields}


def dm(**fields):
    return {"chat_type": "dm", "chat_id": "42", "user_id": "7", **fields}


@pytest.mark.parametrize(
    ("source", "fields", "expected"),
    [
        (dm(), {}, "telegram/type=dm/chat=42"),
        (dm(thread_id="3"), {}, "telegram/type=dm/chat=42/thread=3"),
        (dm(chat_id=None), {}, "telegram/type=dm/user=7"),
        (dm(chat_id=""), {}, "telegram/type=dm/user=7"),
        (dm(chat_id=None, user_id_alt="x"), {}, "telegram/type=dm/user=x"),
        (group(), {}, "telegram/type=group/chat=42/user=7"),
        (group(user_id_alt="x"), {}, "telegram/type=group/chat=42/user=x"),
        (group(chat_type="channel"), {}, "telegram/type=channel/chat=42/user=7"),
        (group(chat_type=None), {}, "telegram/chat=42/user=7"),
        (group(thread_id="3"), {}, "telegram/type=group/chat=42/thread=3"),
        (group(chat_type="thread"), {}, "telegram/type=thread/chat=42"),
        (group(profile="work"), {}, "telegram/profile=work/type=group/chat=42/user=7"),
        (dm(), {"agent_id": "helper"}, "telegram/agent=helper/type=dm/chat=42"),
        (None, {}, "telegram"),
        (group(), {"conversation_id": "c"}, "telegram/conversation=c"),
        (
            dm(profile="work"),
            {"agent_id": "helper", "conversation_id": "a/b%"},
            "telegram/profile=work/agent=helper/conversation=a%2Fb%25",
        ),
    ],
)
def test_keys_read_well(source, fields, expected):
    """A key shows platform, profile, agent and what else makes the conversation, in that order."""
    assert key(source, **fields) == expected


def test_instances_are_platforms_of_their_own():
    """Two instances of a platform never share a conversation, however the name is written."""
    assert key(dm(), "hub:slate") == key(dm(), "hub/slate") == "hub:slate/type=dm/chat=42"
    assert len({key(dm(), name) for name in ("hub", "hub:slate", "hub:brain")}) == 3


@pytest.mark.parametrize("chat_type", ["group", "channel", None])
def test_groups_can_be_shared(chat_type):
    """With shared groups a group is one conversation, otherwise one for each who writes in it."""
    anna, bert = (group(chat_type=chat_type, user_id=user) for user in ("anna", "bert"))
    assert key(anna) != key(bert)
    assert key(anna, by=SHARED) == key(bert, by=SHARED)


@pytest.mark.parametrize("chat_type", ["group", "thread", "dm", None])
def test_senders_share_nothing_without_a_chat(chat_type):
    """Two people whose messages name no chat never share a conversation, even if groups do."""
    anna, bert = ({"chat_type": chat_type, "user_id": user} for user in ("anna", "bert"))
    assert key(anna, by=SHARED) != key(bert, by=SHARED)


@pytest.mark.parametrize("by", [PER_USER, SHARED])
def test_what_is_not_an_address_does_not_count(by):
    """Text, names, ids of messages and metadata make no difference to the conversation."""
    other = dm(user_name="x", chat_name="x", message_id="x", scope_id="x", is_bot=True)
    assert key(dm(), by=by) == key(
        other, by=by, text="x", message_id="x", purpose="btw", metadata={"chat_id": "x"}, hops=3
    )


# ------------------------------------------------------------------------- keys never collide

tricky_text = st.one_of(
    st.none(),
    st.text("/=%:2F5 a", max_size=4),
    st.sampled_from(["dm", "group", "thread", "chat=a", "a/user=b", "%2F", "a%2Fb", "type=dm"]),
)
platforms = st.sampled_from(["hub", "hub:a", "hub:a/b", "hub:a%", "telegram", "t.e-l_e"]).filter(
    lambda name: "%" not in name
)


@st.composite
def addressed(draw):
    """A message and its settled platform, which it states."""
    platform = PlatformName.parse(draw(platforms))
    source = {name: draw(tricky_text) for name in IDS}
    source["chat_type"] = draw(st.one_of(st.sampled_from(["dm", "group", "thread"]), tricky_text))
    fields = {name: draw(tricky_text) for name in ("agent_id", "conversation_id")}
    return message({"platform": str(platform), **source}, **fields), platform


def identity(sent, platform, *, shared_groups):
    """What makes a conversation, in words of its own: the parts, not a text made from them."""
    source = sent.source
    head = (platform.platform, platform.instance, source.profile or None, sent.agent_id or None)
    if sent.conversation_id:
        return (*head, "given", sent.conversation_id)
    chat_type, chat, thread = (
        part or None for part in (source.chat_type, source.chat_id, source.thread_id)
    )
    if chat_type == "dm":
        personal = chat is None
    elif thread is not None:
        personal = False
    else:
        personal = chat is None or not (chat_type == "thread" or shared_groups)
    user = (source.user_id_alt or source.user_id or None) if personal else None
    return (*head, "derived", chat_type, chat, thread, user)


@given(one=addressed(), other=addressed(), shared_groups=st.booleans())
def test_keys_are_equal_exactly_for_one_conversation(one, other, shared_groups):
    """Two messages have the same key if and only if they are of the same conversation."""
    by = table(shared_groups=shared_groups)
    same_key = conversation_key(one[0], one[1], by) == conversation_key(other[0], other[1], by)
    same = identity(*one, shared_groups=shared_groups) == identity(
        *other, shared_groups=shared_groups
    )
    assert same_key == same


@given(
    sent=addressed(),
    change=st.sampled_from([*IDS, "chat_type"]),
    value=tricky_text,
    shared_groups=st.booleans(),
)
def test_one_changed_part_changes_the_key_only_with_the_conversation(
    sent, change, value, shared_groups
):
    """Changing one part of an address gives another key exactly if it is another conversation."""
    by = table(shared_groups=shared_groups)
    one, platform = sent
    other = one.model_copy(update={"source": one.source.model_copy(update={change: value})})
    same = identity(one, platform, shared_groups=shared_groups) == identity(
        other, platform, shared_groups=shared_groups
    )
    assert (conversation_key(one, platform, by) == conversation_key(other, platform, by)) == same


@given(
    sent=addressed(),
    changes=st.dictionaries(st.sampled_from([*IDS, "chat_type"]), tricky_text, max_size=3),
    shared_groups=st.booleans(),
)
def test_routing_key_is_never_finer_than_the_conversation(sent, changes, shared_groups):
    """All messages of a conversation have the same routing key, so they stay in one partition."""
    by = table(shared_groups=shared_groups)
    one, platform = sent
    other = one.model_copy(update={"source": one.source.model_copy(update=changes)})
    if conversation_key(one, platform, by) == conversation_key(other, platform, by):
        assert routing_key(one) == routing_key(other)


def test_deriving_a_key_changes_nothing():
    """The message is as it was after its key was derived, and the key is the same again."""
    sent = message(group(), conversation_id="c")
    before = sent.model_dump_json()
    assert conversation_key(sent, PlatformName("telegram"), PER_USER) == conversation_key(
        sent, PlatformName("telegram"), PER_USER
    )
    assert sent.model_dump_json() == before
