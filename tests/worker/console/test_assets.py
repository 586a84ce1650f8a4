import re

import pytest

from worker.console.assets import read_assets

ASSETS = read_assets()
NAMESPACE = "http://www.w3.org/2000/svg"
LONGEST = 250


def text(name):
    return ASSETS[name].body.decode("utf-8")


@pytest.mark.parametrize("name", ASSETS)
def test_a_file_is_short_and_asks_nobody_else(name):
    """A file of the page has 250 lines at most, and names no address but those of its own worker."""
    assert len(text(name).splitlines()) <= LONGEST
    assert not re.search(r"(https?:)?//\w", text(name).replace(NAMESPACE, ""))


@pytest.mark.parametrize("name", [name for name in ASSETS if not name.endswith(".css")])
def test_no_file_makes_markup_of_text(name):
    """Nothing is inline that the policy would refuse, and text goes in as text."""
    forbidden = r"innerHTML|outerHTML\s*=|insertAdjacent|document\.write|\beval\b|\.style\b|\bstyle=|<style|\son\w+="
    assert not re.search(forbidden, text(name))
    assert not re.search(r"<script(?![^>]* src=)", text(name))


def test_everything_that_a_file_asks_for_is_there():
    """Each file that a page or a module names is among those that are served."""
    named = {
        found
        for name in ASSETS
        for found in re.findall(r'(?:assets/|from "\./)([\w.]+)', text(name))
    }
    assert named <= ASSETS.keys()
    assert ASSETS.keys() - named == {"index.html", "sign_in.html"}
