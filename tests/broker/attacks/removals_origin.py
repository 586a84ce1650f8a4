"""A worker that believes what it is told of where a message is from."""

import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import routing.origin
import worker.pipeline.build_job
import worker.pipeline.decode
import worker.pipeline.json_reader
import worker.pipeline.pipeline as main_path
from contracts import PlatformName
from routing.origin import Origin
from routing.rejection import Rejection
from tests.broker.attacks.removal import Patch, Removals, tidied, wrap
from worker.pipeline.redrive import Redrive


def _believe_the_body(patch: Patch) -> None:
    def settle(origin: Origin, stated: PlatformName | None, *_: Any) -> Origin:
        return replace(origin, platform=stated or origin.platform)

    patch.setattr(worker.pipeline.decode, "settle_platform", settle)


def _take_any_exchange(patch: Patch) -> None:
    def judge_or_wait(judge: Any, exchange: str, user_id: str | None, *given: Any) -> Any:
        try:
            return judge(exchange, user_id, *given)
        except Rejection:
            return Origin(None, user_id, verified=False)

    wrap(patch, worker.pipeline.decode, "judge_origin", judge_or_wait)


def _reserve_nothing(patch: Patch) -> None:
    patch.setattr(routing.origin, "RESERVED", frozenset())


def _let_anybody_redrive(patch: Patch) -> None:
    def redrive_of(_original: Any, delivery: Any, prefix: str) -> Any:
        with suppress(Rejection):
            return Redrive.read(delivery.properties.headers, prefix)

    wrap(patch, main_path, "redrive_of", redrive_of)


def _tidy_platform_names(patch: Patch) -> None:
    wrap(patch, PlatformName, "parse", lambda parse, text: parse(tidied(text)))


def _believe_headers(patch: Patch) -> None:
    def judge_the_first(judge: Any, delivery: Any, *given: Any) -> Any:
        first = delivery.properties.headers.get("x-first-death-exchange")
        return judge(replace(delivery, exchange=first or delivery.exchange), *given)

    wrap(patch, main_path, "judge", judge_the_first)


def _check_no_publisher(patch: Patch) -> None:
    patch.setattr(routing.origin, "_check_publisher", lambda *_: None)


def _let_the_body_vouch(patch: Patch) -> None:
    def with_claims(build: Any, decoded: Any, *given: Any) -> Any:
        job = build(decoded, *given)
        said = decoded.message.model_extra or {}
        claims = {name: said[name] for name in ("verified", "publisher") if name in said}
        return job.model_copy(update={"source": job.source.model_copy(update=claims)})

    wrap(patch, main_path, "build_job", with_claims)


def _take_frames_everywhere(patch: Patch) -> None:
    decode = worker.pipeline.decode
    patch.setattr(decode, "_refuse_frame_of_others", lambda *_: None)
    patch.setattr(decode, "_hub_platform", lambda origin, _table: str(origin.platform))


def _take_the_last_of_two_keys(patch: Patch) -> None:
    patch.setattr(worker.pipeline.json_reader, "_decoder", json.JSONDecoder())


REMOVALS: Removals = {
    "the exchange says the platform": _believe_the_body,
    "only a platform's exchange counts": _take_any_exchange,
    "`in.open` is nobody's": _reserve_nothing,
    "only operators redrive": _let_anybody_redrive,
    "names of platforms are ASCII": _tidy_platform_names,
    "headers say nothing of the origin": _believe_headers,
    "listed publishers are checked": _check_no_publisher,
    "a job's facts are the worker's": _let_the_body_vouch,
    "frames are for hubs": _take_frames_everywhere,
    "no key twice at the top level or in `source`": _take_the_last_of_two_keys,
}
