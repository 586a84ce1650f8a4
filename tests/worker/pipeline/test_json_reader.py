import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import DeadReason
from routing.rejection import Rejection
from worker.pipeline import json_reader
from worker.pipeline.json_reader import (
    MAX_CONTAINERS,
    MAX_FIELDS,
    MAX_FRACTIONS,
    MAX_NESTING,
    MAX_VALUES,
    read_json_object,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def refusal_of(body: bytes) -> str:
    with pytest.raises(Rejection) as caught:
        read_json_object(body)
    assert caught.value.reason is DeadReason.MALFORMED
    return caught.value.detail


@given(document=st.dictionaries(texts, json_values, max_size=4))
def test_it_reads_what_others_write(document):
    """Any JSON object that Python writes is read back as it was, escaped or not."""
    assert read_json_object(json.dumps(document).encode()) == document
    assert read_json_object(json.dumps(document, ensure_ascii=False).encode()) == document


@given(body=st.binary(max_size=200))
def test_any_bytes_are_an_object_or_malformed(body):
    """Whatever the bytes are, the answer is an object or a rejection, never another exception."""
    try:
        read = read_json_object(body)
    except Rejection as rejection:
        read = {"dead": rejection.reason}
    assert read == {"dead": DeadReason.MALFORMED} or read == json.loads(body)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "not JSON"),
        (b" \n", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a":1}}', "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a":1,}', "not JSON"),
        (b'{"a":01}', "not JSON"),
        (b'{"a":"\n"}', "not JSON"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"a":"\xff"}', "not UTF-8 at byte 6"),
        (b'{"a":"\xed\xa0\x80"}', "not UTF-8"),
        ('{"a":1}'.encode("utf-16"), "not UTF-8"),
        (b'{"a":NaN}', "NaN is not JSON"),
        (b'{"a":[Infinity]}', "Infinity is not JSON"),
        (b'{"a":-Infinity}', "-Infinity is not JSON"),
        (b'{"a":1e400}', "a number is too large"),
        (b'{"a":{"b":-1E+999}}', "a number is too large"),
        (b'{"a":' + b"9" * 10_000 + b"}", "too many digits"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"7", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b'{"a":1,"a":1}', "written twice"),
        (b'{"source":{"chat_id":1,"chat_id":2}}', "written twice"),
        (b'{"a":1,"\\u0061":1}', "written twice"),
        (b'{"a":"\\ud83d"}', "surrogate"),
        (b'{"\\uDE00":1}', "surrogate"),
        (b'{"a":["\\ude00\\ud83d"]}', "surrogate"),
    ],
)
def test_what_is_not_strict_json_is_malformed(body, why):
    """Each lapse from strict JSON in UTF-8 is malformed, for a reason of its own."""
    assert why in refusal_of(body)


@pytest.mark.parametrize(
    ("opening", "closing"),
    [(b'{"a":', b"}"), (b"[", b"]"), (b'[{"a":', b"}]")],
    ids=["objects", "arrays", "both in turn"],
)
@pytest.mark.parametrize("times", [100, 100_000])
def test_deep_nesting_is_malformed(opening, closing, times):
    """Objects and arrays nested deeper than the limit are refused before they are parsed."""
    body = b'{"x":' + opening * times + b"1" + closing * times + b"}"
    assert "nested deeper than 64" in refusal_of(body)
    assert "nested deeper than 64" in refusal_of(opening * times)


def test_nesting_up_to_the_limit_is_read():
    """A body may nest 64 deep, and not one deeper."""
    inside = MAX_NESTING - 1
    for more in (b"", b',"b":[[],{}]'):
        assert read_json_object(b'{"a":' + b"[" * inside + b"]" * inside + more + b"}")
        deeper = b'{"a":' + b"[" * MAX_NESTING + b"]" * MAX_NESTING + more + b"}"
        assert "nested" in refusal_of(deeper)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "{[" * 1000, '\\"' + "[" * 1000, "\\\\", '\\\\\\"' + "{" * 1000, "]" * 1000],
)
def test_brackets_inside_strings_do_not_nest(text):
    """Brackets in a string, next to escaped quotes or not, are text and not nesting."""
    siblings = ",".join("[]" for _ in range(100))
    body = f'{{"a":"{text}","b":[{siblings}],"{text}":1}}'.encode()
    assert read_json_object(body) == json.loads(body)


def test_brackets_side_by_side_do_not_nest():
    """Thousands of lists in a row nest two deep."""
    body = b'{"a":[' + b",".join([b"[{}]"] * 4_000) + b"]}"
    assert len(read_json_object(body)["a"]) == 4_000


def test_numbers_are_kept_as_they_are():
    """Whole numbers of up to 4300 digits and ordinary fractions are read exactly."""
    digits = "7" * 4300
    document = read_json_object(f'{{"a":{digits},"b":0.1,"c":-0.0,"d":1e308}}'.encode())
    assert document == {"a": int(digits), "b": 0.1, "c": -0.0, "d": 1e308}


def test_keys_may_repeat_below_the_top_and_source():
    """A key written twice deeper down is the last one's, as everywhere."""
    assert read_json_object(b'{"metadata":{"a":1,"a":2}}') == {"metadata": {"a": 2}}


def test_whole_surrogate_pairs_are_characters():
    """A character escaped as a surrogate pair is that character."""
    assert read_json_object(b'{"a":"\\ud83d\\ude00"}') == {"a": "😀"}


def test_a_refusal_never_quotes_the_body():
    """The reason says what is wrong and where, without a word of the body."""
    for body in (b'{"canary', b'{"a": canary}', b'{"canary":1,"canary":1}', b'{"a":"canary\xff"}'):
        assert "canary" not in refusal_of(body)


@pytest.mark.parametrize("unit", [b"1", b'""', b"null"])
def test_more_values_than_anybody_means_are_malformed(unit):
    """A body of tens of thousands of values, which take many times its size, is not read."""
    few = b'{"x":[' + b",".join([unit] * (MAX_VALUES - 2)) + b"]}"
    assert len(read_json_object(few)["x"]) == MAX_VALUES - 2
    too_many = b'{"x":[' + b",".join([unit] * (MAX_VALUES + 1)) + b"]}"
    assert refusal_of(too_many) == f"the body has more than {MAX_VALUES} values"


@pytest.mark.parametrize(("unit", "each"), [(b"[]", 1), (b"{}", 1), (b'{"a":1}', 1), (b"[[1]]", 2)])
def test_more_lists_and_objects_than_anybody_means_are_malformed(unit, each):
    """They take more than other values, so there may be fewer of them."""
    many = (MAX_CONTAINERS - 2) // each
    few = b'{"x":[' + b",".join([unit] * many) + b"]}"
    assert len(read_json_object(few)["x"]) == many
    too_many = b'{"x":[' + b",".join([unit] * (MAX_CONTAINERS + 1)) + b"]}"
    assert refusal_of(too_many) == f"the body has more than {MAX_CONTAINERS} lists and objects"


@pytest.mark.parametrize("unit", [b"1.5", b"-1e5", b"2.5E-3"])
def test_more_fractions_than_anybody_means_are_malformed(unit):
    """They take more than whole numbers, so there may be fewer of them; in texts they are none."""
    beside = b'"x":[1,"1.5",true,"' + b"1.5e3," * 20_000 + b'"]}'
    few = b'{"many":[' + b",".join([unit] * MAX_FRACTIONS) + b"]," + beside
    assert len(read_json_object(few)["many"]) == MAX_FRACTIONS
    too_many = b'{"many":[' + b",".join([unit] * (MAX_FRACTIONS + 1)) + b"]," + beside
    assert refusal_of(too_many) == f"the body has more than {MAX_FRACTIONS} numbers with a fraction"


def test_more_fields_than_anybody_means_are_malformed():
    """A message has so many fields of its own, known or not; what is in them may have more."""
    inside = {f"k{number}": 1 for number in range(2 * MAX_FIELDS)}
    few = {f"k{number}": 1 for number in range(MAX_FIELDS - 1)} | {"data": inside}
    assert read_json_object(json.dumps(few).encode()) == few
    refusal = refusal_of(json.dumps({**few, "more": 1}).encode())
    assert refusal == f"the body has {MAX_FIELDS + 1} fields, {MAX_FIELDS} are allowed"


@pytest.mark.parametrize("end", [b"]}", b""])
def test_more_texts_than_values_are_malformed(end):
    """However many texts follow, whole or cut off, only so many are looked at."""
    body = b'{"x":[' + b",".join([b'"],[{"'] * (3 * MAX_VALUES + 5)) + end
    assert refusal_of(body) == f"the body has more than {MAX_VALUES} values"


def test_commas_and_brackets_in_texts_are_no_values():
    """A long text may hold any number of commas, brackets and escaped quotes."""
    text = '[{,"\\' * 30_000
    assert read_json_object(json.dumps({"text": text}).encode()) == {"text": text}


odd_texts = st.text(alphabet='"\\[]{},a\n', max_size=12)
odd_values = st.recursive(
    odd_texts | st.integers(0, 9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(odd_texts, inner, max_size=4),
    max_leaves=30,
)


@given(value=odd_values, step=st.sampled_from([2, 4, 10_000]))
def test_what_is_counted_is_what_is_there(value, step):
    """Lists and objects are counted exactly, whatever texts beside them hold and wherever it looks."""
    document = {"many": [[]] * MAX_NESTING, "x": value}
    containers = _containers(document)
    body = json.dumps(document).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_reader, "_STEP", step)
        patch.setattr(json_reader, "MAX_CONTAINERS", containers)
        assert read_json_object(body) == document
        patch.setattr(json_reader, "MAX_CONTAINERS", containers - 1)
        assert "lists and objects" in refusal_of(body)


def _containers(value):
    if isinstance(value, dict):
        return 1 + sum(map(_containers, value.values()))
    return 1 + sum(map(_containers, value)) if isinstance(value, list) else 0
