"""A worker that does not keep apart what belongs to different people."""

from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import contracts.signature
import routing.conversation
import routing.decide
import routing.loop
import worker.pipeline.build_job
import worker.pipeline.dead_letter
import worker.pipeline.formats
import worker.pipeline.pipeline as main_path
from contracts import InboundMessage, Runtime, Signature, SignatureError
from routing.decide import Router
from tests.broker.attacks.removal import Patch, Removals, wrap
from worker.pipeline.formats import FORMATS, Format
from worker.pipeline.reply_address import OwnAddresses
from worker.service.window import RepeatWindow


def _take_the_conversation_as_stated(patch: Patch) -> None:
    def as_stated(key: Any, message: InboundMessage, *given: Any) -> Any:
        return message.conversation_id or key(message, *given)

    wrap(patch, main_path, "conversation_key", as_stated)


def _escape_nothing(patch: Patch) -> None:
    patch.setattr(routing.conversation, "_escape", lambda text: text)


def _let_message_ids_be_unique(patch: Patch) -> None:
    patch.setattr(
        worker.pipeline.build_job, "turn_id", lambda *given: uuid5(NAMESPACE_OID, given[-1])
    )


def _drop_what_looks_the_same(patch: Patch) -> None:
    wrap(patch, main_path, "Turn", lambda turn, **parts: turn(**parts | {"repeatable": True}))


def _let_anything_be_named(patch: Patch) -> None:
    patch.setattr(routing.decide, "refusal", lambda *_: None)


def _obey_the_whole_override(patch: Patch) -> None:
    def obey(decide: Any, router: Router, message: InboundMessage, *given: Any) -> Any:
        decision = decide(router, message, *given)
        stated = (message.override and message.override.model_extra) or {}
        runtime = {**decision.runtime.model_dump(), **stated}
        return replace(decision, runtime=Runtime.model_validate(runtime))

    wrap(patch, Router, "decide", obey)


def _forget_who_is_a_peer(patch: Patch) -> None:
    patch.setattr(Router, "_is_peer", lambda *_: False)


def _check_no_signature(patch: Patch) -> None:
    patch.setattr(main_path._Path, "_check_signature", lambda *_: None)


def _check_no_digest(patch: Patch) -> None:
    def verify(original: Any, *given: Any) -> None:
        try:
            original(*given)
        except SignatureError as error:
            if "does not fit" not in str(error):
                raise

    wrap(patch, Signature, "verify", verify)


def _let_signatures_hold_for_ever(patch: Patch) -> None:
    patch.setattr(contracts.signature, "TOLERANCE", 10**9)


def _drop_no_repeats(patch: Patch) -> None:
    patch.setattr(RepeatWindow, "holds", lambda *_: False)


def _hear_every_address(patch: Patch) -> None:
    def hear(address: Any, message: InboundMessage, properties: Any, **_: bool) -> Any:
        return address(message, properties, signed=False)

    wrap(patch, main_path, "reply_address", hear)


def _take_headers_along(patch: Patch) -> None:
    def with_headers(publication: Any, job: Any, delivery: Any, *given: Any) -> Any:
        made = publication(job, delivery, *given)
        headers = {**made.properties.headers, **delivery.properties.headers}
        return replace(made, properties=replace(made.properties, headers=headers))

    wrap(patch, main_path, "job_publication", with_headers)


def _keep_every_header(patch: Patch) -> None:
    patch.setattr(worker.pipeline.dead_letter, "kept_headers", dict)


def _take_jobs_for_messages(patch: Patch) -> None:
    jobs = Format(
        "a job",
        lambda document: "runtime" in document,
        lambda document, _hub: InboundMessage.model_validate(document["message"]),
    )
    patch.setattr(worker.pipeline.formats, "FORMATS", (jobs, *FORMATS))


def _answer_anywhere(patch: Patch) -> None:
    patch.setattr(OwnAddresses, "refuse", lambda *_: None)


def _count_no_hops(patch: Patch) -> None:
    def refuse(refuse_loop: Any, message: InboundMessage, *given: Any) -> Any:
        return refuse_loop(message.model_copy(update={"hops": 0}), *given)

    wrap(patch, main_path, "refuse_loop", refuse)


def _hear_echoes(patch: Patch) -> None:
    patch.setattr(routing.loop, "is_echo", lambda *_: False)


def _limit_nobody(patch: Patch) -> None:
    patch.setattr(main_path, "charges", lambda *_: ())


REMOVALS: Removals = {
    "a conversation's key begins with its platform": _take_the_conversation_as_stated,
    "parts of a key are escaped": _escape_nothing,
    "a turn's id holds platform, agent and conversation": _let_message_ids_be_unique,
    "derived ids drop no repeats": _drop_what_looks_the_same,
    "overrides name what the table lets them": _let_anything_be_named,
    "an override is a name and nothing else": _obey_the_whole_override,
    "a hub's messages stay a hub's": _forget_who_is_a_peer,
    "messages are signed where keys are listed": _check_no_signature,
    "a signature is of these very bytes": _check_no_digest,
    "a signature holds for five minutes": _let_signatures_hold_for_ever,
    "a repeat is dropped": _drop_no_repeats,
    "an address that is not signed is not heard": _hear_every_address,
    "jobs take no headers along": _take_headers_along,
    "letters keep no header that tells of a death": _keep_every_header,
    "a body is a message or nothing": _take_jobs_for_messages,
    "no answer comes back into the router": _answer_anywhere,
    "hops are counted": _count_no_hops,
    "an agent's own echo is dead": _hear_echoes,
    "a pair of agents has a limit": _limit_nobody,
}
