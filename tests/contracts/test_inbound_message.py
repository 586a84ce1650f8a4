import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts import InboundMessage

IDS = (
    "message_id",
    "agent_id",
    "conversation_id",
    "reply_to_message_id",
    "task_id",
)
SOURCE_IDS = (
    "chat_id",
    "chat_type",
    "user_id",
    "thread_id",
    "user_id_alt",
    "chat_id_alt",
    "scope_id",
    "guild_id",
    "parent_chat_id",
    "message_id",
    "profile",
)
TEXTS = ("text", "message_type", "purpose")
LISTS = ("parts", "media_urls", "media_types", "reference_task_ids")
OBJECTS = ("source", "override", "metadata", "reply_to")


def read(source=None, **fields):
    document = {"text": "hello", **fields}
    if source is not None:
        document["source"] = source
    return InboundMessage.model_validate(document)


def refused(source=None, **fields):
    with pytest.raises(ValidationError) as caught:
        read(source, **fields)
    return {".".join(map(str, problem["loc"])) for problem in caught.value.errors()}


def test_a_bare_text_is_a_message():
    """A text alone is a message, and all else has its default."""
    assert read().model_dump() == {
        "version": "1",
        "message_id": None,
        "text": "hello",
        "parts": (),
        "message_type": "text",
        "source": None,
        "agent_id": None,
        "conversation_id": None,
        "purpose": "turn",
        "override": None,
        "hops": 0,
        "reply_to_message_id": None,
        "media_urls": (),
        "media_types": (),
        "context": None,
        "task_id": None,
        "reference_task_ids": (),
        "metadata": {},
        "extensions": None,
        "created_at": None,
        "expires_at": None,
        "reply_to": None,
    }


@pytest.mark.parametrize(
    "document",
    [
        {"parts": [{"text": ""}]},
        {"text": None, "parts": [{"data": {"a": 1}}]},
        {"text": "", "media_urls": ["a.jpg"]},
        {"text": " "},
    ],
)
def test_content_is_text_or_parts_or_media(document):
    """Any one of text, parts and media makes a message."""
    InboundMessage.model_validate(document)


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"text": ""},
        {"text": None},
        {"parts": [], "media_urls": []},
        {"metadata": {"text": "x"}},
    ],
)
def test_no_content_is_no_message(document):
    """Without text, parts and media there is nothing to answer."""
    with pytest.raises(ValidationError, match="non-empty text"):
        InboundMessage.model_validate(document)


# -------------------------------------------------------------------------------------- ids


@pytest.mark.parametrize("name", IDS)
def test_ids_are_text(name):
    """An id given as a number is the number's text, as long as 256 characters at most."""
    assert getattr(read(**{name: 42}), name) == "42"
    assert getattr(read(**{name: "042"}), name) == "042"
    assert getattr(read(**{name: "é" * 256}), name) == "é" * 256
    assert refused(**{name: "x" * 257}) == {name}


@pytest.mark.parametrize("name", SOURCE_IDS)
def test_source_ids_are_text(name):
    """Ids of the source are read like those of the message."""
    stored = "scope_id" if name == "guild_id" else name
    assert getattr(read({name: -42}).source, stored) == "-42"
    assert getattr(read({name: "042"}).source, stored) == "042"
    assert len(refused({name: "x" * 257})) == 1


@pytest.mark.parametrize("value", [True, [], {}, ["a"]])
@pytest.mark.parametrize("name", IDS)
def test_ids_are_nothing_else(name, value):
    """A truth value, a list or an object is no id."""
    assert refused(**{name: value}) == {name}


def test_a_message_id_is_not_empty():
    """An empty message id is refused; an empty id of anything else is as good as none."""
    assert refused(message_id="") == {"message_id"}
    assert read({"message_id": "", "chat_id": ""}, agent_id="", conversation_id="").agent_id == ""


# ------------------------------------------------------------------------------ wrong types


@pytest.mark.parametrize("value", [7, True, [], {}])
@pytest.mark.parametrize("name", TEXTS)
def test_texts_are_text(name, value):
    """What is to be text is not made from anything else."""
    assert refused(**{name: value}) == {name}


@pytest.mark.parametrize("value", ["a", 7, True, {}, {"0": "a"}])
@pytest.mark.parametrize("name", LISTS)
def test_lists_are_lists(name, value):
    """What is to be a list is not made from anything else."""
    assert refused(**{name: value}) == {name}


@pytest.mark.parametrize("value", ["a", 7, True, [["a", 1]]])
@pytest.mark.parametrize("name", OBJECTS)
def test_objects_are_objects(name, value):
    """What is to be an object is not made from anything else."""
    assert refused(**{name: value}) == {name}


@pytest.mark.parametrize("value", [-1, 1.5, 1.0, "1", True, 1_000_001, [], 10**30])
def test_hops_are_a_small_whole_number(value):
    """Hops are a whole number from 0 to a million, and not one written as something else."""
    assert refused(hops=value) == {"hops"}


@pytest.mark.parametrize("value", ["yes", 1, 0, "true", []])
def test_flags_are_flags(value):
    """Whether a sender is a bot is true, false or unsaid."""
    assert refused({"is_bot": value}) == {"source.is_bot"}


@pytest.mark.parametrize("value", [7, True, [], {}, "ｈｕｂ", " ", "a b", "x" * 65])
def test_platforms_are_platform_names(value):
    """The platform of a source is a platform's name or the message is refused."""
    assert refused({"platform": value}) == {"source.platform"}


@pytest.mark.parametrize("empty", ["", []])
def test_what_is_empty_in_an_override_has_no_opinion(empty):
    """An empty override, or an empty name in one, is as good as none."""
    assert read(override=empty).override is None
    given = read(override={"model": empty, "runtime": empty}).override
    assert (given.model, given.runtime) == (None, None)


def test_an_empty_platform_is_absent():
    """A source that says nothing about its platform leaves it to the exchange."""
    assert read({"platform": ""}).source.platform is None


def test_names_may_be_numbers():
    """Names are only shown, so a number will do."""
    source = read({"user_name": 7, "chat_name": 1.5}).source
    assert (source.user_name, source.chat_name) == ("7", "1.5")


def test_platforms_are_normalised():
    """A platform is kept as it is read, with its instance."""
    assert read({"platform": " HUB/Slate "}).source.platform == "hub:slate"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("media_urls", [7]),
        ("media_urls", [None]),
        ("media_types", [7]),
        ("reference_task_ids", [None]),
        ("reference_task_ids", ["x" * 257]),
        ("parts", ["text"]),
        ("parts", [{}]),
        ("parts", [{"text": None}]),
        ("parts", [{"text": "a", "url": "b"}]),
        ("parts", [{"text": 7}]),
        ("parts", [{"text": "a", "metadata": "b"}]),
        ("override", {"model": [1]}),
        ("override", {"runtime": "x" * 257}),
        ("reply_to", {}),
        ("reply_to", {"routing_key": 7}),
        ("reply_to", {"routing_key": "x" * 256}),
    ],
)
def test_wrong_types_inside(name, value):
    """What lists and objects hold is checked as well."""
    assert all(place.startswith(name) for place in refused(**{name: value}))


@pytest.mark.parametrize("name", ["message_type", "purpose"])
def test_empty_kinds_are_refused(name):
    """A message type or purpose is at least one character and at most 256."""
    assert refused(**{name: ""}) == {name}
    assert refused(**{name: "x" * 257}) == {name}
    assert getattr(read(**{name: "brand-new"}), name) == "brand-new"


# ------------------------------------------------------------------------------------ nulls


@pytest.mark.parametrize("name", [name for name in InboundMessage.model_fields if name != "text"])
def test_null_is_absent(name):
    """A null field is as good as none, whatever the field."""
    assert read(**{name: None}) == read()


def test_null_is_absent_in_objects():
    """Null fields of the source, the override and of parts are as good as none."""
    empty = dict.fromkeys([*SOURCE_IDS, "platform", "is_bot", "chat_name", "user_name"])
    assert read(empty).source == read({}).source
    assert read(override={"model": None, "runtime": None}).override == read(override={}).override
    part = read(parts=[{"text": "a", "url": None, "raw": None, "data": None, "metadata": None}])
    assert part.parts == read(parts=[{"text": "a"}]).parts


def test_unknown_null_fields_are_kept():
    """A null that nobody knows the meaning of travels along."""
    assert read({"chat_topic": None}, hint=None).model_extra == {"hint": None}
    assert read({"chat_topic": None}).source.model_extra == {"chat_topic": None}


# ---------------------------------------------------------------------------------- version


@pytest.mark.parametrize("version", ["1", "1.0", "1.42", 1, 1.5])
def test_minor_versions_are_read(version):
    """Version 1 and all its minor versions are read."""
    assert read(version=version).version == str(version)


@pytest.mark.parametrize(
    "version", ["2", "1.", "1.x", "01", "", " 1", "1\n", "v1", True, [], 2, 11]
)
def test_other_versions_are_refused(version):
    """Another major version, and what is no version, is refused."""
    assert refused(version=version) == {"version"}


# ------------------------------------------------------------------------------------ times


@pytest.mark.parametrize("name", ["created_at", "timestamp"])
def test_creation_has_two_names(name):
    """The time of creation is also known as timestamp."""
    noon = datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert read(**{name: "2026-01-31T13:00:00+01:00"}).created_at == noon


@pytest.mark.parametrize("value", ["yesterday", "", 1769860800, True, [], {}, "2026-01-31"])
@pytest.mark.parametrize("name", ["created_at", "timestamp"])
def test_an_unreadable_creation_is_unknown(name, value):
    """A time of creation that cannot be read is as good as none."""
    assert read(**{name: value}).created_at is None


@pytest.mark.parametrize("value", ["yesterday", "", 1769860800, True, [], {}, "2026-01-31"])
def test_an_unreadable_expiry_is_refused(value):
    """Nobody can say whether a message has expired whose expiry cannot be read."""
    assert refused(expires_at=value) == {"expires_at"}


# ------------------------------------------------------------------------- aliases, extras


def test_scope_has_an_older_name():
    """`guild_id` is read as `scope_id`, which wins where both are given."""
    assert read({"guild_id": "g"}).source.scope_id == "g"
    assert read({"guild_id": "g", "scope_id": "s"}).source.scope_id == "s"
    assert read({"guild_id": "g", "scope_id": None}).source.scope_id == "g"


@pytest.mark.parametrize(
    ("source", "participant"),
    [
        ({"user_id": "u"}, "u"),
        ({"user_id": "u", "user_id_alt": "a"}, "a"),
        ({"user_id": "u", "user_id_alt": ""}, "u"),
        ({"user_id": ""}, None),
        ({}, None),
    ],
)
def test_the_participant_is_the_alternative_id_first(source, participant):
    """Who wrote is the alternative user id, else the user id."""
    assert read(source).source.participant == participant


def test_unknown_fields_travel_along():
    """Fields that nobody knows are kept at the top, in the source, the override and in parts."""
    document = {
        "text": "hello",
        "mood": {"deep": [1, None]},
        "source": {"chat_topic": None, "message_thread": {"a": 1}},
        "override": {"model": "m", "reasoning": "high"},
        "parts": [{"text": "a", "lang": "en"}],
        "reply_to": {"routing_key": "q", "ttl": 5},
    }
    dumped = read(**document).model_dump(mode="json", exclude_unset=True)
    assert dumped == document


def test_messages_are_frozen():
    """A message cannot be changed once it was read."""
    message = read({"chat_id": "1"})
    with pytest.raises(ValidationError):
        message.text = "other"
    with pytest.raises(ValidationError):
        message.source.chat_id = "2"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)
documents = st.fixed_dictionaries(
    {"text": st.text(min_size=1, max_size=5)},
    optional={
        **dict.fromkeys(IDS, st.text(min_size=1, max_size=5) | st.integers() | st.none()),
        "source": st.fixed_dictionaries(
            {},
            optional={
                **dict.fromkeys(SOURCE_IDS, st.text(max_size=5) | st.integers() | st.none()),
                "chat_topic": json_values,
            },
        ),
        "metadata": st.dictionaries(st.text(max_size=3), json_values, max_size=3),
        "context": json_values,
        "extensions": json_values,
        "created_at": st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat) | json_values,
        "surprise": json_values,
    },
)


@given(documents)
def test_reading_what_was_written_gives_the_same(document):
    """A message that is written as JSON, as a job carries it, is read as the same message."""
    message = InboundMessage.model_validate(document)
    for written in (
        message.model_dump_json(exclude_unset=True),
        json.dumps(message.model_dump(mode="json")),
    ):
        assert InboundMessage.model_validate_json(written) == message


@given(json_values)
def test_reading_is_total(value):
    """Any JSON object is a message or a ValidationError, and nothing else happens."""
    for document in (
        {"text": "x", "source": value},
        {"text": value},
        {"text": "x", "parts": value},
    ):
        with suppress(ValidationError):
            assert InboundMessage.model_validate(document).text == document["text"]


@pytest.mark.parametrize(
    ("name", "item"),
    [
        ("parts", {"text": "a"}),
        ("media_urls", "a"),
        ("media_types", None),
        ("reference_task_ids", "1"),
    ],
)
def test_a_list_of_more_than_a_thousand_is_refused_in_one_line(name, item):
    """A thousand parts, media or ids are a message; one more, or a million wrong ones, is not."""
    assert len(getattr(read(**{name: [item] * 1000}), name)) == 1000
    for items in ([item] * 1001, [{"wrong": 1}] * 20_000):
        with pytest.raises(ValidationError) as caught:
            read(**{name: items})
        (problem,) = caught.value.errors()
        assert problem["msg"] == f"Value error, has {len(items)} items, 1000 are allowed"


@pytest.mark.parametrize("place", ["message", "part"])
def test_metadata_of_more_than_a_thousand_keys_is_refused(place):
    """So many keys nobody means, in a message or in a part of one."""

    def read_with(metadata):
        if place == "message":
            return read(metadata=metadata)
        return read(parts=[{"text": "a", "metadata": metadata}])

    read_with({str(number): 1 for number in range(1000)})
    with pytest.raises(ValidationError, match="has 1001 keys, 1000 are allowed"):
        read_with({str(number): 1 for number in range(1001)})
