import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import PlatformName


@pytest.mark.parametrize(
    ("text", "platform", "instance"),
    [
        ("telegram", "telegram", None),
        ("TeleGram", "telegram", None),
        (" HUB ", "hub", None),
        ("\t\r\n hub\n", "hub", None),
        ("hub:slate", "hub", "slate"),
        ("hub/slate", "hub", "slate"),
        ("HUB:Slate", "hub", "slate"),
        ("hub:a:b/c", "hub", "a:b/c"),
        ("hub/a:b", "hub", "a:b"),
        ("hub::", "hub", ":"),
        ("hub:", "hub", None),
        ("hub/", "hub", None),
        ("local", "cli", None),
        ("LOCAL:tty", "cli", "tty"),
        ("cli", "cli", None),
        ("localhost", "localhost", None),
        ("hub:local", "hub", "local"),
        ("a.b_c-d", "a.b_c-d", None),
        ("0", "0", None),
        ("x" * 64, "x" * 64, None),
    ],
)
def test_reading(text, platform, instance):
    """A name is trimmed, lower-cased and split at the first `:` or `/`; local is cli."""
    assert PlatformName.parse(text) == PlatformName(platform, instance)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param(" ", id="only space"),
        pytest.param("x" * 65, id="65 characters"),
        pytest.param(":slate", id="only an instance"),
        pytest.param("/", id="only a separator"),
        pytest.param("tele gram", id="space within"),
        pytest.param("hub\n:x", id="line break within"),
        pytest.param("hub\x00", id="null character"),
        pytest.param("ｈｕｂ", id="full-width letters"),
        pytest.param("slac\N{KELVIN SIGN}", id="Kelvin sign"),
        pytest.param("cl\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", id="dotted capital I"),
        pytest.param("\N{CYRILLIC SMALL LETTER ES}li", id="Cyrillic es"),
        pytest.param("hub\N{ZERO WIDTH SPACE}", id="zero-width space"),
        pytest.param("\N{NO-BREAK SPACE}hub", id="no-break space"),
        pytest.param("\N{IDEOGRAPHIC SPACE}hub", id="ideographic space"),
        pytest.param("hub\N{COMBINING ACUTE ACCENT}", id="combining accent"),
        pytest.param("hub:ｓｌａｔｅ", id="full-width instance"),
        pytest.param("hub：slate", id="full-width colon"),
        pytest.param("a+b", id="plus"),
        pytest.param("a*", id="wildcard"),
        pytest.param("a#", id="hash"),
        pytest.param("a\\b", id="backslash"),
    ],
)
def test_what_is_no_name(text):
    """Nothing is normalised that merely looks like a platform's name."""
    with pytest.raises(ValueError, match="platform name"):
        PlatformName.parse(text)


@given(st.text(max_size=70) | st.from_regex(r"\s*[a-zA-Z:/._-]{1,40}\s*", fullmatch=True))
def test_a_name_reads_as_itself(text):
    """Whatever was read as a name is written as one that reads the same, and fits an exchange."""
    try:
        name = PlatformName.parse(text)
    except ValueError:
        return
    assert PlatformName.parse(str(name)) == name
    assert re.fullmatch(r"[a-z0-9_.:/-]{1,64}", str(name))
    assert re.fullmatch(r"[a-z0-9_.-]+", name.platform)


@given(st.characters(min_codepoint=128))
def test_no_letter_but_ascii_becomes_one(letter):
    """No character outside ASCII is part of a name, whatever it is the capital of."""
    with pytest.raises(ValueError, match="platform name"):
        PlatformName.parse(f"hu{letter}")
