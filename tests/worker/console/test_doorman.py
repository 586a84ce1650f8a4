import time

import pytest

from worker.console.console_token import COOKIE, LASTS, ConsoleToken, TokenNotHere
from worker.console.doorman import SET_A_TOKEN, Answer, Doorman, Ruling, is_of_this_page

TOKEN = "a-token-of-some-length"
COME_IN = Ruling(Answer.COME_IN)


@pytest.fixture
def token(tmp_path):
    """A token in a file."""
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    return ConsoleToken(file)


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8080", "127.0.0.1:8080", "127.1.2.3", "[::1]:8080", "LOCALHOST"],
)
def test_on_loopback_whoever_names_loopback_comes_in(host):
    """Where we listen on loopback and have no token, a request that names this machine comes in."""
    assert Doorman("127.0.0.1", None).judge({"Host": host}, {}) == COME_IN


@pytest.mark.parametrize(
    "host", ["", "evil.example", "evil.example:8080", "10.0.0.1", "127.0.0.1.evil.example", "[::1"]
)
def test_on_loopback_another_name_stays_out(host, token):
    """A page whose name was made to resolve to this machine gets nothing, not even with the token."""
    for doorman in (Doorman("127.0.0.1", None), Doorman("::1", token)):
        ruling = doorman.judge({"Host": host, "Authorization": f"Bearer {TOKEN}"}, {})
        assert ruling.answer is Answer.STAY_OUT


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "pod.example"])
def test_on_another_address_nobody_comes_in_without_a_token(host):
    """On an address that others reach the console is closed, and says which setting opens it."""
    ruling = Doorman(host, None).judge({"Host": "127.0.0.1"}, {})
    assert ruling == Ruling(Answer.STAY_OUT, SET_A_TOKEN)
    assert "console_token_file" in ruling.why


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_the_token_opens_as_a_bearer_and_as_a_cookie(host, token):
    """Who has the token comes in by a header or by the cookie that it was changed for; nobody else does."""
    doorman = Doorman(host, token)
    local = {"Host": "localhost"}
    assert doorman.judge({**local, "Authorization": f"Bearer {TOKEN}"}, {}) == COME_IN
    assert doorman.judge(local, {COOKIE: doorman.cookie_for(TOKEN) or ""}) == COME_IN
    for wrong in ("", "x", TOKEN[:-1], f"{TOKEN}x", "ä"):
        assert doorman.cookie_for(wrong) is None
        refused = doorman.judge({**local, "Authorization": f"Bearer {wrong}"}, {})
        assert refused.answer is Answer.SIGN_IN
        assert doorman.judge(local, {COOKIE: wrong}).answer is Answer.SIGN_IN
    assert doorman.judge(local, {}).answer is Answer.SIGN_IN


def test_what_is_no_text_is_another_token(token):
    """Bytes that are no UTF-8, which aiohttp hands on as halves of surrogates, are answered calmly."""
    asked = Doorman("10.0.0.1", token)
    for headers, cookies in (
        ({"Authorization": "Bearer \udcff"}, {}),
        ({}, {COOKIE: "\udcff.\udcff"}),
    ):
        assert asked.judge(headers, cookies).answer is Answer.SIGN_IN


def test_a_cookie_grows_old_and_is_of_one_token(token, tmp_path):
    """A cookie opens for half a day, not before it was issued, and not once the token is another."""
    now = time.time()
    cookie = token.cookie(now)
    assert TOKEN not in cookie
    assert token.takes(cookie, now + LASTS - 1)
    assert not token.takes(cookie, now + LASTS + 1)
    assert not token.takes(cookie, now - 10)
    issued, _, mark = cookie.partition(".")
    assert not token.takes(f"{int(issued) + 5}.{mark}", now + 5)
    (tmp_path / "token").write_text("another-token-of-some-length")
    assert not token.takes(cookie, now)


@pytest.mark.parametrize("content", [None, "", "short", "two lines of some\nlength and more"])
def test_a_file_without_a_token_opens_nothing(content, tmp_path):
    """Without a file, or with one that holds no token worth the name, everybody stays out and is told why."""
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
    token = ConsoleToken(file)
    with pytest.raises(TokenNotHere, match="console_token_file"):
        token.opens("")
    ruling = Doorman("0.0.0.0", token).judge({"Authorization": f"Bearer {content}"}, {})
    assert ruling.answer is Answer.STAY_OUT
    assert "console_token_file" in ruling.why
    assert not content or content not in ruling.why


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://here:80", "Host": "here:80"}, False),
        ({"Origin": "http://here:80", "Host": "here:80"}, True),
        ({"Origin": "http://there:80", "Host": "here:80"}, False),
        ({"Origin": "http://here:81", "Host": "here:80"}, False),
        ({"Origin": "null", "Host": "here:80"}, False),
        ({"Origin": "http://[", "Host": ""}, False),
    ],
)
def test_a_question_from_another_site_is_known(headers, ours):
    """What a browser says about where a request is from is believed, and without it the origin."""
    assert is_of_this_page(headers) is ours
