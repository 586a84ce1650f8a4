"""How far a publisher is believed about its platform."""

from enum import StrEnum


class Trust(StrEnum):
    """`exchange`: the exchange says the platform; `open`: a message may say it itself."""

    EXCHANGE = "exchange"
    OPEN = "open"
