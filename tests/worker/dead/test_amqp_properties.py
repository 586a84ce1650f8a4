"""AMQP properties and tables, read and written byte for byte."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import amqp_bytes as raw
from worker.dead.amqp_properties import NAMES, WireProperties, read_properties, write_properties
from worker.dead.amqp_table import Entry, Unreadable, Value, plain_table, read_table, write_table

NAMED = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)
SIMPLE = st.one_of(
    st.builds(Value, st.just("t"), st.booleans()),
    st.builds(Value, st.just("V"), st.none()),
    st.builds(Value, st.just("S"), NAMED),
    st.builds(Value, st.just("x"), st.binary(max_size=40)),
    st.builds(Value, st.just("b"), st.integers(-128, 127)),
    st.builds(Value, st.just("B"), st.integers(0, 255)),
    st.builds(Value, st.just("s"), st.integers(-(2**15), 2**15 - 1)),
    st.builds(Value, st.just("I"), st.integers(-(2**31), 2**31 - 1)),
    st.builds(Value, st.just("l"), st.integers(-(2**63), 2**63 - 1)),
    st.builds(Value, st.just("T"), st.integers(0, 2**64 - 1)),
    st.builds(Value, st.just("D"), st.tuples(st.integers(0, 255), st.integers(0, 2**32 - 1))),
    st.builds(Value, st.just("d"), st.floats(allow_nan=False)),
    st.builds(Value, st.just("f"), st.floats(width=32, allow_nan=False)),
)
VALUES = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.builds(Value, st.just("A"), st.lists(inner, max_size=4).map(tuple)),
        st.builds(
            Value, st.just("F"), st.lists(st.builds(Entry, NAMED, inner), max_size=4).map(tuple)
        ),
    ),
    max_leaves=12,
)
TABLES = st.lists(st.builds(Entry, NAMED, VALUES), max_size=6).map(tuple)
TEXTS = [name for name in NAMES if name not in {"headers", "delivery_mode", "priority"}]
PROPERTIES = st.builds(
    WireProperties,
    st.fixed_dictionaries(
        {},
        optional={
            "delivery_mode": st.integers(0, 255),
            "priority": st.integers(0, 255),
            **{name: NAMED for name in TEXTS if name != "timestamp"},
            "timestamp": st.integers(0, 2**64 - 1),
        },
    ),
    st.none() | TABLES,
)


@given(TABLES)
def test_a_table_is_read_as_it_was_written(table):
    """Each value keeps its type and each table its order."""
    assert read_table(write_table(table)) == table


@given(PROPERTIES)
def test_properties_are_read_as_they_were_written(properties):
    """What is written is read again, every property with its value."""
    wire = write_properties(properties)
    assert read_properties(wire) == properties
    assert write_properties(read_properties(wire)) == wire


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    """Bytes that are no properties are Unreadable, and nothing else is ever raised."""
    try:
        properties = read_properties(data)
    except Unreadable:
        return
    properties.plain()
    assert read_properties(write_properties(properties)) == properties


def test_tables_that_nobody_means_are_kept_as_bytes():
    """A table nested a thousand deep is read without a word, and written as it was."""
    table = raw.short(b"deep") + raw.nested_tables(1000)
    read = read_table(table)
    assert write_table(read) == table
    assert isinstance(plain_table(read)["deep"], dict)


def test_of_a_name_that_stands_there_twice_the_first_counts():
    """A second `x-death` after the broker's own is not taken for it."""
    read = read_table(raw.short(b"a") + b"t\x01" + raw.short(b"a") + b"t\x00")
    assert plain_table(read) == {"a": True}


@pytest.mark.parametrize(
    "value", [Value("I", 2**31), Value("B", -1), Value("F", 5), Value("Z", 1), Value("S", 1)]
)
def test_what_is_not_of_its_type_is_not_written(value):
    """A value that AMQP has no room for is a ValueError."""
    with pytest.raises(ValueError, match="of"):
        write_table([Entry("a", value)])


def test_text_that_is_no_utf8_is_shown_with_question_marks():
    """Properties and headers that are no UTF-8 are kept, and readable for people."""
    wire = struct.pack(">H", 1 << 15) + raw.short(b"text/\xff")
    read = read_properties(wire)
    assert read.plain().content_type == "text/?"
    assert write_properties(read) == wire
