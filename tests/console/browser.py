"""A page of the console in a headless Chromium, and what is asked of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Page, ViewportSize, async_playwright

PHONE = ViewportSize(width=375, height=812)
DESKTOP = ViewportSize(width=1280, height=900)
_CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")


@asynccontextmanager
async def opened(
    chromium: str, port: int, *, complaints: list[str] | None = None, **options: Any
) -> AsyncIterator[Page]:
    """Open the console, and give its page.

    `options` are those of a browser's context. What the browser complains of fails the test, unless
    it goes to `complaints`.
    """
    found: list[str] = [] if complaints is None else complaints
    async with async_playwright() as playwright:
        # As root, as tests often run, Chromium has no sandbox of its own.
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            context = await browser.new_context(**{"viewport": DESKTOP, **options})
            page = await context.new_page()
            page.on("console", lambda message: found.append(f"{message.type}: {message.text}"))
            page.on("pageerror", lambda error: found.append(str(error)))
            page.on("dialog", lambda dialog: found.append(f"dialog: {dialog.message}"))
            await page.goto(f"http://127.0.0.1:{port}/")
            yield page
        finally:
            await browser.close()
    assert complaints is not None or not found


@asynccontextmanager
async def looking(chromium: str, port: int, **options: Any) -> AsyncIterator[Page]:
    """`opened`, once an overview is shown."""
    async with opened(chromium, port, **options) as page:
        await shown(page)
        yield page


async def shown(page: Page) -> None:
    """Wait until an overview is shown."""
    await page.locator("body[data-shown]").wait_for()


async def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    return int(await page.evaluate("document.documentElement.scrollWidth - innerWidth"))


async def poor_contrasts(page: Page) -> list[str]:
    """Every visible text that does not stand out from its ground as WCAG AA asks, with its ratio."""
    result = await page.evaluate(_CONTRAST)
    assert result["texts"] > 100  # or else it looked at nothing
    return list(result["poor"])
