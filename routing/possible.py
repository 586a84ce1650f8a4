"""What a fact may be, as far as conditions can tell the difference."""

from dataclasses import dataclass
from decimal import Decimal

from routing.predicate import (
    COMPARISONS,
    AnyOf,
    Compares,
    Exists,
    NoneOf,
    Predicate,
    StartsWith,
)


@dataclass(frozen=True, slots=True)
class Possible:
    """A text, no fact at all, or another text than any that is named."""

    text: str | None
    """None where there is no fact, and for another text."""
    known: bool = True
    """False for another text: of it only some things are known."""
    number: Decimal | None = None
    """The number that another text is, None if it is none."""
    any_number: bool = False
    """Another text that is a number, and nobody says which."""

    def __str__(self) -> str:
        if self.known:
            return "none" if self.text is None else self.text
        return "another text" if self.number is None else f"another text for {self.number}"


MISSING = Possible(None)
ANOTHER = Possible(None, known=False)
SOME_NUMBER = Possible(None, known=False, any_number=True)


def another_text_for(number: Decimal) -> Possible:
    """Return a text that is this number, and is none that is named."""
    return Possible(None, known=False, number=number)


def judge(predicate: Predicate, possible: Possible) -> bool | None:
    """Tell whether a predicate (but `NotAll`) holds, None where it may and may not."""
    if possible.known:
        return predicate.holds(possible.text)
    match predicate:
        case AnyOf():
            return False
        case NoneOf():
            return True
        case Exists(wanted):
            return wanted
        case Compares(operator, bound):
            if possible.any_number:
                return None
            number = possible.number
            return number is not None and COMPARISONS[operator](number, bound)
        case StartsWith(texts) if "" in texts:
            return True
        case _:
            return None
