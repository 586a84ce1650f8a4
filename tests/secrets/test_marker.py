import base64
import json
import os
from urllib.parse import quote

import pytest

from tests.secrets.marker import Marker, found

SPELLINGS = {
    "as it is": lambda text: text,
    "upper case": str.upper,
    "backwards": lambda text: text[::-1],
    "in a URL": lambda text: quote(text, safe=""),
    "every byte of it in a URL": lambda text: "".join(f"%{ord(char):02X}" for char in text),
    "in JSON": json.dumps,
    "in JSON, in JSON": lambda text: json.dumps(json.dumps(text)),
    "escaped for JSON": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "escaped for Python": lambda text: "".join(f"\\x{ord(char):02x}" for char in text),
    "as bytes for Python": lambda text: repr(text.encode()),
    "in UTF-16": lambda text: text.encode("utf-16"),
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "later in base64": lambda text: base64.b64encode(b"a" + text.encode()).decode(),
    "still later in base64": lambda text: base64.b64encode(b"ab" + text.encode() + b"c").decode(),
    "in base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "in hex": lambda text: text.encode().hex(),
    "its beginning": lambda text: text[:12],
    "its end": lambda text: text[-12:],
    "over two lines": lambda text: f"{text[:20]}\n      {text[20:]}",
}


@pytest.mark.parametrize("between", ["-", "/@:%\"' ü"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_marker_is_found_however_it_is_written(spelling, between):
    """Whole or in part, escaped or encoded: what gives a secret away is found, and whose it is."""
    marker, other = Marker("here", between), Marker("elsewhere", between)
    written = SPELLINGS[spelling](marker.text.encode().decode("latin-1"))
    data = written if isinstance(written, bytes) else written.encode("latin-1")
    noise = os.urandom(1000)
    assert found(noise + data + noise, [marker, other]) == ["here"]
