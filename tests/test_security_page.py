"""The page on security says what the tests on a real broker show."""

import re
from pathlib import Path

import pytest

from contracts import DeadReason
from tests.broker.attacks.every import ATTACKS, BY_THE_BROKER, REMOVALS
from tests.broker.attacks.page import BEGIN, END, tables

_REASON = "headers.x-dead-reason"
PAGE = Path(__file__).parent.parent / "docs" / "security.md"


def test_the_attacks_in_the_page_are_those_that_are_tried():
    """The tables of attacks in the page are made from the attacks, all of them and no other."""
    _, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    shown, _, _ = rest.partition(END)
    assert shown == tables(), "put there what `python -m tests.broker.attacks.page` prints"


def test_every_attack_has_a_defence_that_can_be_taken_away():
    """What stops an attack is a defence that the tests know how to remove, and none is idle."""
    assert {attack.stopped_by for attack in ATTACKS} == REMOVALS.keys() | BY_THE_BROKER.keys()
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_the_words_name_what_is_expected(attack):
    """What is said to come of an attack names each dead reason and code that must, and no other."""
    named = set(re.findall(r"`(\w+)`", attack.comes)) & {reason.value for reason in DeadReason}
    assert named == {seen[_REASON] for seen in attack.expect if _REASON in seen}
    codes = {seen["refused"] for seen in attack.expect if "refused" in seen}
    assert set(map(int, re.findall(r"\b40\d\b", attack.comes))) == codes
