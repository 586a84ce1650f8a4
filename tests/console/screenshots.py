"""Takes the pictures of the console and of `top` in docs/images: `python -m tests.console.screenshots`.

Runs the demo, looks at it for a while so that there is a history, and takes what a browser shows.
"""

import argparse
import asyncio
import io
import re
import shutil
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, ViewportSize, async_playwright
from rich.console import Console

from tests.broker.service import COMMAND
from tests.console.browser import PHONE, shown
from worker.cli.top_view import picture
from worker.overview.overview import Overview

IMAGES = Path(__file__).parents[2] / "docs" / "images"
_DESKTOP = ViewportSize(width=1280, height=1010)
_TALL = ViewportSize(width=1280, height=2300)
_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/")
_ELSEWHERE = re.compile(r"(?s)@font-face \{.*?\}\s*|<!--.*?-->\s*")
_START_TIMEOUT = 90.0
_AGAIN = 0.1
_COLUMNS = 112


async def take(chromium: str, seconds: float) -> None:
    """Take all pictures, after so many seconds of looking."""
    command = [*COMMAND, "demo", "--workers", "3", "--rate", "60"]
    demo = await asyncio.create_subprocess_exec(*command, stdout=PIPE)
    try:
        address = await asyncio.wait_for(_address(demo), _START_TIMEOUT)
        reading = asyncio.create_task(_read_on(demo))
        await asyncio.wait_for(_answers(address), _START_TIMEOUT)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=chromium, args=["--no-sandbox"]
            )
            await _picture_all(browser, address, seconds)
            await browser.close()
        demo.send_signal(signal.SIGINT)
        await reading
    finally:
        if demo.returncode is None:
            demo.terminate()
        await demo.wait()


async def _picture_all(browser: Browser, address: str, seconds: float) -> None:
    light = await _open(browser, address, "light", _DESKTOP)
    await asyncio.sleep(seconds)
    dark = await _open(browser, address, "dark", _DESKTOP)
    phone = await _open(browser, address, "light", PHONE)
    tester = await _open(browser, address, "light", _TALL)
    await tester.get_by_role("button", name="Explain").click()
    await tester.locator(".verdict").wait_for()
    await asyncio.sleep(3)  # what is drawn moves to its place
    for page, name in ((light, "light"), (dark, "dark"), (phone, "phone")):
        await page.screenshot(path=IMAGES / f"console-{name}.png")
    box = await tester.locator(".wide-left").bounding_box()
    await tester.screenshot(path=IMAGES / "console-tester.png", clip=box)
    answer = await light.request.get(f"{address}api/overview")
    _picture_top(Overview.decode(await answer.body()))


def _picture_top(overview: Overview) -> None:
    """Draw what `pointsman top` shows of the same deployment."""
    console = Console(record=True, width=_COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(picture(overview, _COLUMNS, None))
    drawn = console.export_svg(title="pointsman top")
    # A picture asks nobody else for its fonts.
    (IMAGES / "top.svg").write_text(_ELSEWHERE.sub("", drawn), encoding="utf-8")


async def _open(browser: Browser, address: str, scheme: str, size: ViewportSize) -> Page:
    page = await browser.new_page(
        viewport=size, color_scheme="dark" if scheme == "dark" else "light"
    )
    await page.goto(address)
    await shown(page)
    return page


async def _address(demo: Process) -> str:
    assert demo.stdout is not None
    async for line in demo.stdout:
        sys.stdout.write(line.decode())
        if found := _ADDRESS.search(line.decode()):
            return found[0]
    raise SystemExit("the demo ended without a console")


async def _answers(address: str) -> None:
    """Wait until somebody listens: the address is told before the workers have started."""
    port = urlsplit(address).port
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(_AGAIN)
        else:
            writer.close()
            return


async def _read_on(demo: Process) -> None:
    assert demo.stdout is not None
    async for line in demo.stdout:
        sys.stdout.write(line.decode())


def main() -> None:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.console.screenshots", description=__doc__
    )
    parser.add_argument("--seconds", type=float, default=150, help="how long to look first")
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("needs Chromium: apt-get install chromium")
    asyncio.run(take(chromium, parser.parse_args().seconds))


if __name__ == "__main__":
    main()
