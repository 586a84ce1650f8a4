import base64
import hashlib
import hmac

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from contracts import SIGNATURE_HEADER, Signature, SignatureError, sign, signing_key
from contracts.signature import TOLERANCE

KEY = bytes(range(32))
NOW = 1_770_000_000
BODY = b'{"text": "hello"}'
GOLDEN = "v1;kid=k1;ts=1770000000;sig=ygJpfdLKB/OxSivz7Ikj0oRTNEuZ+vbNqGBepDTFhOc="

keys = st.binary(min_size=1, max_size=80)
kids = st.text("abzAZ09_.-", min_size=1, max_size=64)
message_ids = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1, max_size=60
)
times = st.integers(0, 999_999_999_999)


def made(**changed):
    return sign(
        **{"key": KEY, "kid": "k1", "message_id": "m-1", "body": BODY, "ts": NOW, **changed}
    )


def verify(value, **changed):
    given_ = {"key": KEY, "message_id": "m-1", "body": BODY, "now": NOW, **changed}
    Signature.parse(value).verify(**given_)


def by_hand(key, message_id, body, ts):
    """The signature as the page for feeders words it."""
    signed = b"v1\n" + str(ts).encode() + b"\n" + message_id.encode() + b"\n" + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def test_golden_signature():
    """The same message has the same signature for ever, in whatever language it is made."""
    assert made() == GOLDEN
    assert made().rpartition("sig=")[2] == by_hand(KEY, "m-1", BODY, NOW)
    assert SIGNATURE_HEADER == "x-signature"


@given(keys, kids, message_ids, st.binary(max_size=200), times)
def test_what_is_signed_is_valid(key, kid, message_id, body, ts):
    """Whatever is signed, is read back as it was and holds for just that."""
    value = sign(key, kid, message_id, body, ts)
    read = Signature.parse(value)
    assert (read.kid, read.ts) == (kid, ts)
    assert value == f"v1;kid={kid};ts={ts};sig={by_hand(key, message_id, body, ts)}"
    read.verify(key, message_id, body, ts)


@given(st.data(), st.binary(min_size=1, max_size=60), st.text("abc-", min_size=1, max_size=20))
def test_one_bit_elsewhere_is_invalid(data, body, message_id):
    """A signature holds for no key, body, id, time or digest of which a single bit is different."""
    ts = NOW
    value = sign(KEY, "k1", message_id, body, ts)
    what = data.draw(st.sampled_from(["key", "body", "message_id", "ts", "digest"]))
    read = Signature.parse(value)
    key = KEY
    if what == "ts":
        read = Signature(read.kid, ts ^ (1 << data.draw(st.integers(0, 7))), read.digest)
    elif what == "message_id":
        flipped = flip(data, message_id.encode())
        assume(b"\n" not in flipped and max(flipped) < 0x80)
        message_id = flipped.decode()
    elif what == "key":
        key = flip(data, KEY)
    elif what == "body":
        body = flip(data, body)
    else:
        read = Signature(read.kid, read.ts, flip(data, read.digest))
    with pytest.raises(SignatureError, match="does not fit"):
        read.verify(key, message_id, body, NOW)


def flip(data, given_):
    at, bit = data.draw(st.integers(0, len(given_) - 1)), data.draw(st.integers(0, 7))
    return given_[:at] + bytes([given_[at] ^ (1 << bit)]) + given_[at + 1 :]


@given(st.data(), message_ids, st.binary(max_size=40))
def test_a_header_has_one_spelling(data, message_id, body):
    """Of all the texts that differ from a header in one character, none is read as the same."""
    value = sign(KEY, "k1", message_id, body, NOW)
    at = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(st.characters())
    assume(other != value[at])
    try:
        read = Signature.parse(value[:at] + other + value[at + 1 :])
    except SignatureError:
        return
    assert read != Signature.parse(value)


@given(st.one_of(st.text(), st.text("v1;kid=ts=sig 0Aé+/=\n", max_size=60), st.binary(), st.none()))
def test_anything_is_read_or_refused(value):
    """Whatever stands in the header, reading it ends in a signature or in an error of ours."""
    try:
        Signature.parse(value)
    except SignatureError as error:
        assert str(error)  # noqa: PT017 - there may be no error, once in a blue moon


SIG = GOLDEN.rpartition("sig=")[2]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "not text"),
        (GOLDEN.encode(), "not text"),
        (GOLDEN + " " * 300, "not text of 256"),
        ("", "not of the form"),
        (f"v1;ts={NOW};kid=k1;sig={SIG}", "not of the form"),
        (f"v1; kid=k1;ts={NOW};sig={SIG}", "not of the form"),
        (f"{GOLDEN};", "not of the form"),
        (f"{GOLDEN};alg=none", "not of the form"),
        (f"v2;kid=k1;ts={NOW};sig={SIG}", "version"),
        (f" {GOLDEN}", "version"),
        (f"V1;kid=k1;ts={NOW};sig={SIG}", "version"),
        (f"v1;kid=;ts={NOW};sig={SIG}", "kid"),
        (f"v1;kid=k 1;ts={NOW};sig={SIG}", "kid"),
        (f"v1;kid=k\n;ts={NOW};sig={SIG}", "kid"),
        (f"v1;kid={'k' * 65};ts={NOW};sig={SIG}", "kid"),
        (f"v1;kid=k1;ts=;sig={SIG}", "ts"),
        (f"v1;kid=k1;ts=+{NOW};sig={SIG}", "ts"),
        (f"v1;kid=k1;ts=-1;sig={SIG}", "ts"),
        (f"v1;kid=k1;ts=0{NOW};sig={SIG}", "ts"),
        (f"v1;kid=k1;ts={NOW}.0;sig={SIG}", "ts"),
        (f"v1;kid=k1;ts={'1' * 13};sig={SIG}", "ts"),
        ("v1;kid=k1;ts=١٢;sig=" + SIG, "ts"),
        (f"v1;kid=k1;ts={NOW};sig=", "sig"),
        (f"v1;kid=k1;ts={NOW};sig={SIG[:-1]}", "sig"),
        (f"v1;kid=k1;ts={NOW};sig={SIG[:-2]}x=", "sig"),
        (f"v1;kid=k1;ts={NOW};sig={SIG.replace('+', '-').replace('/', '_')}", "sig"),
        (f"v1;kid=k1;ts={NOW};sig={SIG}\n", "sig"),
        (f"v1;kid=k1;ts={NOW};sig={'A' * 64}", "sig"),
    ],
)
def test_other_spellings_are_refused(value, says):
    """Only the one form is read, and the error names the part that is wrong but not what it holds."""
    with pytest.raises(SignatureError, match=says) as refused:
        Signature.parse(value)
    assert SIG not in str(refused.value)


@pytest.mark.parametrize("off", [0, TOLERANCE, -TOLERANCE, TOLERANCE - 0.5])
def test_five_minutes_either_way_are_allowed(off):
    """A signature holds up to exactly five minutes after its time, and before."""
    verify(made(), now=NOW + off)


@pytest.mark.parametrize(
    ("off", "says"),
    [
        (TOLERANCE + 1, "301 s ago"),
        (TOLERANCE + 0.01, "301 s ago"),
        (-TOLERANCE - 1, "301 s ahead"),
        (-TOLERANCE - 0.01, "301 s ahead"),
    ],
)
def test_more_than_five_minutes_are_not(off, says):
    """Older or newer than that, it does not hold, and the error says by how much."""
    with pytest.raises(SignatureError, match=says):
        verify(made(), now=NOW + off)


@pytest.mark.parametrize("message_id", [None, "", "a\nb", "\n", "\ud800", "é" * 128])
def test_a_message_without_a_good_id_cannot_be_signed(message_id):
    """The id is there, on one line, in UTF-8 and as short as AMQP wants it; or nothing holds."""
    with pytest.raises(SignatureError, match="message_id"):
        made(message_id=message_id)
    with pytest.raises(SignatureError, match="message_id"):
        verify(made(), message_id=message_id)


def test_no_piece_of_the_body_passes_for_the_id():
    """What is signed as the start of the body is never valid as a part of the id."""
    value = made(message_id="m", body=b"1\n{}")
    with pytest.raises(SignatureError, match="line feed"):
        verify(value, message_id="m\n1", body=b"{}")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"kid": ""}, "kid"),
        ({"kid": "a;b"}, "kid"),
        ({"kid": "é"}, "kid"),
        ({"ts": -1}, "ts"),
        ({"ts": 10**12}, "ts"),
        ({"key": b""}, "key is empty"),
    ],
)
def test_what_could_not_be_read_is_not_signed(changed, says):
    """A signature that nobody would accept is not made."""
    with pytest.raises(SignatureError, match=says):
        made(**changed)


def test_an_empty_key_verifies_nothing():
    """No key at all makes no signature valid."""
    with pytest.raises(SignatureError, match="key is empty"):
        verify(made(), key=b"")


def test_a_key_is_its_text_without_white_space_around():
    """A key that was kept with a line end is the same key; one of nothing else is none."""
    assert signing_key(" käse\n") == "käse".encode()
    for text in ("", " \n", "\ud800"):
        with pytest.raises(SignatureError, match="key"):
            signing_key(text)


def test_a_signature_is_not_shown():
    """A parsed signature shows which key and when, and not the digest."""
    shown = repr(Signature.parse(GOLDEN))
    assert "k1" in shown
    assert repr(Signature.parse(GOLDEN).digest)[2:12] not in shown
    assert SIG not in shown
