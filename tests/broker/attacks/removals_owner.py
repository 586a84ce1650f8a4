"""A worker that takes somebody else for the owner."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import routing.classify
import routing.context
import routing.decide
import worker.pipeline.pipeline as main_path
from contracts import InboundMessage, SourceKind
from tests.broker.attacks.removal import Patch, Removals, tidied, wrap

_NOWHERE: frozenset[str] = frozenset()


def _obey_claims(patch: Patch) -> None:
    def obey(classify: Any, message: InboundMessage, *given: Any, **named: Any) -> Any:
        found = classify(message, *given, **named)
        source = message.source.model_extra if message.source else None
        said = {**(source or {}), **(message.model_extra or {})}.get("source_kind")
        return replace(found, source_kind=SourceKind(said)) if said else found

    wrap(patch, main_path, "classify", obey)


def _know_the_owner_by_name(patch: Patch) -> None:
    def is_home(source: Any, platform: str, table: Any) -> bool:
        home = table.home_channels.get(platform)
        names = (source.chat_id, source.user_id, source.user_name, source.chat_name)
        return home is not None and home.chat_id in names

    patch.setattr(routing.classify, "_is_home", is_home)


def _take_any_home_channel(patch: Patch) -> None:
    def is_any(is_home: Any, source: Any, _platform: str, table: Any) -> bool:
        return any(is_home(source, platform, table) for platform in table.home_channels)

    wrap(patch, routing.classify, "_is_home", is_any)


def _take_anything_for_a_dm(patch: Patch) -> None:
    _classify_otherwise(
        patch, lambda source, table: (source.model_copy(update={"chat_type": "dm"}), table)
    )


def _forget_the_thread(patch: Patch) -> None:
    def anywhere_in(is_home: Any, source: Any, platform: str, table: Any) -> Any:
        home = table.home_channels.get(platform)
        thread = None if home is None else home.thread_id
        return is_home(source.model_copy(update={"thread_id": thread}), platform, table)

    wrap(patch, routing.classify, "_is_home", anywhere_in)


def _tidy_ids(patch: Patch) -> None:
    def tidy(is_home: Any, source: Any, *given: Any) -> Any:
        chat = tidied(source.chat_id or "")
        with suppress(ValueError):
            chat = f"{float(chat):g}"
        return is_home(source.model_copy(update={"chat_id": chat}), *given)

    wrap(patch, routing.classify, "_is_home", tidy)


def _trust_every_platform(patch: Patch) -> None:
    _classify_otherwise(
        patch, lambda source, table: (source, replace(table, spoofable_platforms=_NOWHERE))
    )


def _believe_every_user_id(patch: Patch) -> None:
    def user_id(message: InboundMessage, *_: Any, **_named: Any) -> str | None:
        return message.source.user_id if message.source else None

    patch.setattr(routing.context, "trusted_user_id", user_id)
    patch.setattr(routing.decide, "_trusted_user_id", user_id)


def _take_hubs_for_platforms(patch: Patch) -> None:
    _classify_otherwise(
        patch, lambda source, table: (source, replace(table, hub_platforms=_NOWHERE))
    )


def _classify_otherwise(patch: Patch, change: Callable[[Any, Any], tuple[Any, Any]]) -> None:
    """Have the source kind found out from another source or table."""

    def otherwise(classify: Any, source: Any, platform: str, table: Any, **named: Any) -> Any:
        changed, by = change(source, table)
        return classify(changed, platform, by, **named)

    wrap(patch, routing.classify, "_classify", otherwise)


REMOVALS: Removals = {
    "claims raise nothing": _obey_claims,
    "the owner is a place, not a name": _know_the_owner_by_name,
    "a home channel is its own platform's": _take_any_home_channel,
    "a DM has to be stated": _take_anything_for_a_dm,
    "a home channel's thread counts": _forget_the_thread,
    "ids are compared as they are written": _tidy_ids,
    "spoofable platforms have no owner": _trust_every_platform,
    "ids that can be forged are no facts": _believe_every_user_id,
    "a hub's messages are never the owner's": _take_hubs_for_platforms,
}
