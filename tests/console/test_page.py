"""The page as people have it: in a browser, over a worker that routes."""

import asyncio
import json
import re
import subprocess

import pytest
from playwright.async_api import ViewportSize

from tests.broker.client import Client
from tests.broker.service import COMMAND, eventually
from tests.console.browser import PHONE, looking, opened, overflow, poor_contrasts, shown

TABLE = {
    "model": {
        "default": "m-base",
        "routes": [
            {"match": {"source_kind": "owner"}, "model": "m-owner"},
            {"match": {"platform": "slack"}, "deny": True, "name": "no-slack"},
            {"match": {"platform": "telegram", "chat_type": "group"}, "model": "m-never"},
        ],
    },
    "platforms": {"telegram": {"home_channel": "42"}},
}
EVIL = "<script>window.pwned = 1</script><img src=x onerror=alert(1)>"
RIGHT_TO_LEFT = "\u202eevil\u202c שלום"
HUGE = "x" * 10_000


def message(message_id, chat="42"):
    source = {"chat_id": chat, "chat_type": "dm"}
    return {"message_id": message_id, "text": "what was said", "source": source}


async def feed(url, first, count):
    """Publish so many messages of the owner, as many of a stranger, half as many that a rule denies,
    and one that nobody can read.
    """
    async with Client(url) as client:
        await client.publish("telegram", b"[]")
        for number in range(first, first + count):
            await client.publish("telegram", message(f"o{number}"))
            await client.publish("telegram", message(f"s{number}", chat="7"))
            if number % 2:
                await client.publish("slack", message(f"d{number}"))


def accepted(run):
    """How many turns `/metrics` says were published."""
    page = run.read("/metrics")[1]
    (number,) = re.findall(r'(?m)^pointsman_deliveries_total\{outcome="accepted",.*\} (\S+)$', page)
    return int(float(number))


def tile(page, label):
    return page.locator("#tiles > div", has_text=label).locator("dd")


async def number_of(page, label):
    text = await tile(page, label).inner_text()
    return int(text.replace(",", "").split()[0])


async def test_the_numbers_move_under_load_and_agree_with_the_metrics(
    chromium, vhost_url, run_pointsman
):
    """The page loads without a complaint, and says what `/metrics` says, again when there is more."""
    run = run_pointsman(TABLE, worker_id="w-1")
    async with looking(chromium, run.port) as page:
        for first, last in ((0, 10), (10, 30)):
            await feed(vhost_url, first, last - first)

            async def agrees(number=2 * last):
                return accepted(run) == number == await number_of(page, "Turns in all")

            await eventually(agrees, "the page says what the metrics say")
        flow = page.locator("#sankey")
        for name in ("telegram", "slack", "owner", "stranger", "m-owner", "m-base", "denied"):
            await flow.get_by_text(name, exact=True).first.wait_for()
        rules = page.locator("#rules-table tr")
        assert "never" in await rules.filter(has_text="m-never").inner_text()
        assert "30" in await rules.filter(has_text="m-owner").inner_text()
        dead = page.locator("#dead-reasons tr", has_text="denied")
        assert "15" in await dead.inner_text()
        assert await page.locator("#dead-samples tbody tr").count() > 1
        assert "w-1" in await page.locator("#workers-table").inner_text()
        assert await page.locator("#partitions-table tbody tr").count() == 8
        # What a rule denies is as its author wants it, and nothing is wrong with that.
        assert "2 dead letters" in await page.locator("#status-line").inner_text()
        assert "what was said" not in await page.content()


async def test_it_says_that_all_is_well_and_then_that_the_worker_is_gone(chromium, run_pointsman):
    """A quiet worker is well; once it has ended, the line at the top says that nothing is heard."""
    run = run_pointsman(TABLE)
    complaints: list[str] = []
    async with looking(chromium, run.port, complaints=complaints) as page:
        await page.locator('#status[data-level="well"]').wait_for()
        assert "Nothing flows" in await page.locator("#status-line").inner_text()
        await asyncio.to_thread(run.stop)
        await page.locator('#status[data-level="problem"]').wait_for()
        assert "hears nothing" in await page.locator("#status-line").inner_text()
    assert all("ERR_CONNECTION_REFUSED" in complaint for complaint in complaints)


def explained(run, *arguments):
    """What the installed command says about a message."""
    command = [*COMMAND, "explain", f"--config={run.config}", "--format=json", *arguments]
    return json.loads(subprocess.check_output(command))


@pytest.mark.parametrize(
    ("chat", "publisher"), [("42", None), ("7", "somebody")], ids=["owner", "stranger"]
)
async def test_the_tester_answers_as_explain_does(chromium, run_pointsman, chat, publisher):
    """What the page is told about a message is what `pointsman explain --format json` prints."""
    at = "2026-01-31T22:00:00+00:00"
    run = run_pointsman(TABLE)
    described = ["--platform=telegram", "--chat-type=dm", f"--chat-id={chat}", "--text=hello"]
    if publisher:
        described.append(f"--publisher={publisher}")
    async with looking(chromium, run.port) as page:
        await page.get_by_label("Chat", exact=True).fill(chat)
        await page.get_by_text("More about the message").click()
        await page.get_by_label("At", exact=True).fill(at)
        if publisher:
            await page.get_by_label("Publisher").fill(publisher)
        async with page.expect_response("**/api/explain") as response:
            await page.get_by_role("button", name="Explain").click()
        told = await (await response.value).json()
        verdict = await page.locator(".verdict").inner_text()
        tried = await page.locator(".tried li").count()
    assert told == explained(run, f"--at={at}", *described)
    assert told["queue"] in verdict
    assert tried == len(told["rules"]) > 0


async def test_hostile_names_are_shown_harmlessly(chromium, vhost_url, run_pointsman):
    """Markup, text that turns around and ten thousand letters are shown as text, and move nothing."""
    table = {
        "model": {
            "default": EVIL,
            "routes": [
                {"match": {"source_kind": "owner"}, "model": HUGE, "name": EVIL},
                {
                    "match": {"user_id": RIGHT_TO_LEFT},
                    "model": RIGHT_TO_LEFT,
                    "name": RIGHT_TO_LEFT,
                },
                {"match": {"chat_id": HUGE}, "deny": True, "name": HUGE},
            ],
        },
        "platforms": {"telegram": {"home_channel": "42"}, "slack": {}},
    }
    run = run_pointsman(table, worker_id=EVIL)
    async with looking(chromium, run.port, viewport=PHONE) as page:
        await feed(vhost_url, 0, 4)
        async with Client(vhost_url) as client:
            for looping in (EVIL, "x" * 256):
                await client.publish("telegram", {**message(looping), "hops": 99})
        await page.locator("#sankey .node-name", has_text="<scri").first.wait_for()
        await page.locator("#dead-samples code", has_text=EVIL).wait_for()
        await page.get_by_label("User").fill(RIGHT_TO_LEFT)
        await page.get_by_label("Text").fill(EVIL * 100)
        await page.get_by_role("button", name="Explain").click()
        await page.locator(".verdict").wait_for()
        assert await overflow(page) <= 0
        assert await page.evaluate("window.pwned") is None
        assert await page.locator("main img, main script").count() == 0
        assert EVIL[:30] in await page.locator("#workers-table").inner_text()
        assert await page.locator("#rules-table bdi, #rules-table code").count() > 3


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_can_be_read_and_nothing_scrolls_sideways(
    chromium, vhost_url, run_pointsman, scheme
):
    """In both themes all text has the contrast of WCAG AA, and a phone's width is enough."""
    run = run_pointsman(TABLE)
    await feed(vhost_url, 0, 4)
    async with looking(chromium, run.port, color_scheme=scheme) as page:
        await page.get_by_role("button", name="Explain").click()
        await page.locator(".verdict").wait_for()
        for summary in await page.locator("summary:visible").all():
            await summary.click()
        assert await page.evaluate("document.documentElement.dataset.theme") == scheme
        assert await poor_contrasts(page) == []
        for width in (1280, 700, 375, 320):
            await page.set_viewport_size(ViewportSize(width=width, height=812))
            assert await overflow(page) <= 0, width
        await page.set_viewport_size(PHONE)
        assert await poor_contrasts(page) == []
        await page.locator("#theme").click()
        assert await page.evaluate("document.documentElement.dataset.theme") != scheme
        await page.reload()
        await shown(page)
        assert await page.evaluate("document.documentElement.dataset.theme") != scheme


async def test_what_is_injected_does_not_run(chromium, run_pointsman):
    """The policy holds: no inline script, no style, no code from text, no other address, no frame."""
    run = run_pointsman(TABLE)
    complaints: list[str] = []
    async with looking(chromium, run.port, complaints=complaints) as page:
        await page.evaluate(
            """() => {
              const script = document.createElement("script");
              script.append("window.pwned = 1");
              document.body.append(script);
              document.body.setAttribute("style", "color: rgb(1, 2, 3)");
            }"""
        )
        assert await page.evaluate("window.pwned") is None
        assert await page.evaluate("getComputedStyle(document.body).color") != "rgb(1, 2, 3)"
        # With markup and code from text, the browser wants a type that nobody can make here.
        for way in ('document.body.innerHTML = "<b>x</b>"', 'setTimeout("window.pwned = 1")'):
            tried = f"() => {{ try {{ {way}; }} catch (error) {{ return error.name; }} }}"
            assert await page.evaluate(tried) == "TypeError"
        away = "fetch('http://localhost:1/').then(() => 'went', (error) => error.name)"
        assert await page.evaluate(away) == "TypeError"
    for directive in ("TrustedScript", "style-src", "connect-src"):
        assert any(directive in complaint for complaint in complaints), directive


async def test_a_keyboard_is_enough(chromium, run_pointsman):
    """The first stop is a link past the heads, every stop can be seen, and the tester is asked by Enter."""
    run = run_pointsman(TABLE)
    async with looking(chromium, run.port, reduced_motion="reduce") as page:
        focused = "() => document.activeElement.textContent.trim()"
        await page.keyboard.press("Tab")
        assert await page.evaluate(focused) == "Skip to content"
        assert await page.locator(".skip").evaluate(
            "(link) => link.getBoundingClientRect().top >= 0"
        )
        stops = []
        for _ in range(40):
            await page.keyboard.press("Tab")
            look = await page.evaluate(
                """() => {
                  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
                  return [document.activeElement.tagName, outlineStyle, outlineWidth];
                }"""
            )
            stops.append(look[0])
            if look[0] == "BODY":
                break
            assert look[1:] == ["solid", "2px"], look
        assert {"A", "BUTTON", "SUMMARY", "INPUT", "SELECT", "TEXTAREA"} <= {*stops}
        await page.get_by_label("Platform").focus()
        await page.keyboard.press("Enter")
        await page.locator(".verdict").wait_for()
        moves = "[...document.querySelectorAll('*')].some((e) => parseFloat(getComputedStyle(e).transitionDuration) > 0)"
        assert not await page.evaluate(moves)


async def test_a_screen_reader_finds_its_way(chromium, vhost_url, run_pointsman):
    """There are landmarks, one line that is told by itself, a heading per part and a table per picture."""
    run = run_pointsman(TABLE)
    await feed(vhost_url, 0, 4)
    async with looking(chromium, run.port) as page:
        for role in ("banner", "main", "navigation", "contentinfo", "status"):
            assert await page.get_by_role(role).count() == 1, role
        assert await page.locator("[aria-live]").count() == 1
        headings = await page.get_by_role("heading", level=2).all_inner_texts()
        regions = [
            await region.get_attribute("aria-labelledby")
            for region in await page.locator("main section.panel").all()
        ]
        assert len(headings) == len(regions) == 8
        assert None not in regions
        pictures = page.get_by_role("img")
        assert await pictures.count() == 3
        for picture in await pictures.all():
            assert "table below" in (await picture.get_attribute("aria-label") or "")
        assert await page.locator("table:not(:has(caption))").count() == 0
        assert await page.locator("main :is(input, select, textarea):not(label *)").count() == 0


async def test_the_token_lets_a_browser_in(chromium, run_pointsman, tmp_path):
    """On another address the page asks for the token, refuses another one, and opens by the right one."""
    file = tmp_path / "token"
    file.write_text("a-token-of-some-length\n")
    run = run_pointsman(TABLE, http="0.0.0.0:0", console_token_file=str(file))
    async with opened(chromium, run.port, complaints=[]) as page:
        for token in ("another-token-of-some", "a-token-of-some-length"):
            await page.get_by_label("Token").fill(token)
            async with page.expect_navigation():
                await page.get_by_role("button", name="Sign in").click()
            if token.startswith("another"):
                assert "not the token" in await page.get_by_role("alert").inner_text()
        await shown(page)
        assert await page.evaluate("document.cookie") == ""
        assert "token" not in page.url
    assert "a-token" not in run.text
