"""The formats that an inbound body may have.

A format is chosen by the body's shape. The content type does not choose between today's two: both
are JSON, and client libraries label JSON as whatever their default is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from contracts import DeadReason, HubFrame, InboundMessage
from routing.rejection import Rejection


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write an inbound message."""

    name: str
    is_shape_of: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Mapping[str, Any], str], InboundMessage]
    """(JSON object, the platform of a hub frame) to a message; raises ValidationError."""


def _read_hub_frame(document: Mapping[str, Any], hub_platform: str) -> InboundMessage:
    _check_version(document["data"])
    return HubFrame.model_validate(document).to_inbound(hub_platform)


def _read_native(document: Mapping[str, Any], _hub_platform: str) -> InboundMessage:
    return InboundMessage.model_validate(document)


FORMATS = (
    Format("hub frame", HubFrame.is_shape_of, _read_hub_frame),
    Format("native", lambda _: True, _read_native),
)


def read_message(document: Mapping[str, Any], hub_platform: str) -> InboundMessage:
    """Return the message that a JSON object holds, in the first format of its shape.

    Raises Rejection: `unsupported_version`, or `malformed` naming each field that is wrong.
    """
    _check_version(document)
    chosen = next(format_ for format_ in FORMATS if format_.is_shape_of(document))
    try:
        return chosen.read(document, hub_platform)
    except ValidationError as error:
        raise Rejection(DeadReason.MALFORMED, _problems(error)) from None


def _check_version(document: Mapping[str, Any]) -> None:
    version = document.get("version")
    if version is None or isinstance(version, bool):
        return
    major, _, _ = str(version).partition(".")
    if isinstance(version, str | int | float) and major.isdecimal() and major != "1":
        detail = f"version {major[:20]} is not supported, version 1 is"
        raise Rejection(DeadReason.UNSUPPORTED_VERSION, detail)


def _problems(error: ValidationError) -> str:
    # Without the input: a detail is shown and logged, a body never is.
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    lines = (f"{_place(problem['loc'])}{_words(problem['msg'])}" for problem in problems[:5])
    return "; ".join(dict.fromkeys(lines))


def _place(location: tuple[int | str, ...]) -> str:
    return f"{'.'.join(str(step)[:40] for step in location)}: " if location else ""


def _words(message: str) -> str:
    return message.removeprefix("Value error, ")
