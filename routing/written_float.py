"""Numbers with a fraction, as somebody wrote them."""

from typing import Self


class WrittenFloat(float):
    """A number that remembers how it was written: rules compare `1.10` by its text."""

    __slots__ = ("text",)

    text: str

    def __new__(cls, text: str) -> Self:
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __str__(self) -> str:
        return self.text
