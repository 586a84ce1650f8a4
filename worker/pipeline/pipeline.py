"""The main path, read from top to bottom: a delivery goes in, a turn or a dead letter comes out."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from contracts import DeadReason, ReplyTo
from routing.charge import charges
from routing.classify import Classification, classify
from routing.context import Circumstances
from routing.conversation import conversation_key
from routing.decide import Router
from routing.loop import refuse_loop
from routing.origin import Origin, platform_of
from routing.rejection import Rejection
from worker.pipeline.build_job import Stamp, build_job, job_publication
from worker.pipeline.dead_letter import dead_letter
from worker.pipeline.decode import Decoded, decode, judge
from worker.pipeline.delivery import Delivery, Properties
from worker.pipeline.json_reader import read_json_object
from worker.pipeline.judge_signature import JudgeSignature, nobodys_key
from worker.pipeline.redact import redact
from worker.pipeline.redrive import redrive_of
from worker.pipeline.reply_address import OwnAddresses, reply_address
from worker.pipeline.turn import DeadLetter, Known, Turn


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what a message may be."""

    max_body: int = 1024 * 1024
    """Bytes."""
    max_hops: int = 8


@dataclass(frozen=True, slots=True)
class Understood:
    """A delivery as far as it is known when its model is chosen."""

    document: dict[str, Any]
    """Its body, without keys."""
    decoded: Decoded
    classification: Classification
    conversation_id: str
    circumstances: Circumstances
    reply_to: ReplyTo | None


class Pipeline:
    """Makes of each delivery one turn or one dead letter, by one routing table.

    Total: whatever the delivery holds, and whatever goes wrong in here, there is an outcome.
    """

    def __init__(
        self,
        router: Router,
        limits: Limits,
        prefix: str = "",
        judge_signature: JudgeSignature = nobodys_key,
    ) -> None:
        self.router = router
        self.limits = limits
        self.prefix = prefix
        self.judge_signature = judge_signature
        self.own_addresses = OwnAddresses(router.table, prefix)

    def by(self, router: Router) -> "Pipeline":
        """Return the same pipeline by another table."""
        return Pipeline(router, self.limits, self.prefix, self.judge_signature)

    def __call__(self, delivery: Delivery, stamp: Stamp) -> Turn | DeadLetter:
        """Return what becomes of `delivery`. Never raises."""
        path = _Path(self, delivery, stamp)
        try:
            return path.follow()
        except Rejection as rejection:
            path.known.route = path.known.route or rejection.rule
            path.known.message_id = path.known.message_id or rejection.message_id
            return path.end(rejection.reason, rejection.detail)
        except Exception as error:  # noqa: BLE001 - the next delivery must flow, whatever we did wrong with this
            detail = f"{type(error).__name__} while routing; the worker's log has the traceback"
            return path.end(DeadReason.INTERNAL_ERROR, detail, error)

    def understand(self, delivery: Delivery, stamp: Stamp) -> Understood:
        """Return what a turn of `delivery` is decided by. Raises Rejection if it ends early."""
        return _Path(self, delivery, stamp).understand()

    def bury(
        self, delivery: Delivery, turn: Turn, reason: DeadReason, detail: str, now: datetime
    ) -> DeadLetter:
        """Return the dead letter of a turn that was not to be: it may not go, or not get there."""
        clean, redrive = None, turn.known.redrive
        if turn.known.redacted:
            clean, _ = redact(read_json_object(delivery.body))
        return dead_letter(
            redrive.restored(delivery) if redrive else delivery,
            reason,
            detail,
            turn.known,
            now,
            self.prefix,
            clean_document=clean,
        )


class _Path:
    """The way of one delivery; remembers what it learned, should it have to end early."""

    def __init__(self, pipeline: Pipeline, delivery: Delivery, stamp: Stamp) -> None:
        self.pipeline = pipeline
        self.delivery = delivery
        self.stamp = stamp
        self.known = Known(table=pipeline.router.table.digest)
        self.clean: dict[str, Any] | None = None

    def follow(self) -> Turn:
        """understand, decide, build the job. Raises Rejection where it ends early."""
        known, stamp = self.known, self.stamp
        router, prefix = self.pipeline.router, self.pipeline.prefix

        understood = self.understand()
        decoded, source_kind = understood.decoded, understood.classification.source_kind
        message, platform = decoded.message, decoded.platform

        decision = router.decide(message, platform, source_kind, understood.circumstances)
        known.route, known.ignored_fields = decision.route.name, decision.ignored_fields
        known.model, known.queue = decision.runtime.model, decision.queue
        known.override_ignored = decision.route.override_ignored
        known.routing_error = decision.error

        job = build_job(
            decoded,
            understood.reply_to,
            source_kind,
            understood.conversation_id,
            decision,
            stamp,
            router.trusted_user_id(message, platform, signed=decoded.origin.signed),
            known.attempt,
        )
        return Turn(
            turn_id=job.turn_id,
            lane=job.conversation_id,
            repeatable=not job.message_id_derived,
            publication=job_publication(job, self.delivery, decision, prefix, known.redrive),
            known=known,
            charges=charges(message, platform, source_kind, router.table),
        )

    def understand(self) -> Understood:
        """decode, classify. Raises Rejection where it ends early."""
        known, now = self.known, self.stamp.received_at
        table = self.pipeline.router.table

        origin = self._judge()
        delivery = self.delivery
        document = self._read_body()
        given_id = known.redrive.derived_id if known.redrive else None
        decoded = decode(document, delivery, origin, table, now, self._check_signature, given_id)
        origin, message, platform = decoded.origin, decoded.message, decoded.platform
        self._learn_platform(platform.platform)
        known.message_id, known.message_id_derived = decoded.message_id, decoded.message_id_derived
        known.signed = origin.signed
        known.age = decoded.age(now)
        refuse_loop(message, platform, table.hub_platforms, self.pipeline.limits.max_hops)
        address = reply_address(message, delivery.properties, signed=origin.signed)
        self.pipeline.own_addresses.refuse(address)

        was = origin.redriven
        classification = classify(message, platform, table, signed=origin.signed, redriven=was)
        known.source_kind = classification.source_kind
        known.claim_ignored = classification.claim_ignored
        known.conversation_id = key = conversation_key(message, platform, table)

        circumstances = Circumstances(origin.publisher, origin.verified, now, origin.signed, was)
        return Understood(document, decoded, classification, key, circumstances, address)

    def end(self, reason: DeadReason, detail: str, error: Exception | None = None) -> DeadLetter:
        """Return the dead letter of the delivery as far as it came."""
        now, prefix = self.stamp.received_at, self.pipeline.prefix
        try:
            return dead_letter(
                self.delivery,
                reason,
                detail,
                self.known,
                now,
                prefix,
                clean_document=self.clean,
                error=error,
            )
        except Exception as fault:  # noqa: BLE001 - not even this may stop the next delivery
            bare = replace(self.delivery, routing_key="", properties=Properties())
            reason = DeadReason.INTERNAL_ERROR
            detail = f"{type(fault).__name__} while making the dead letter: no properties are kept"
            return dead_letter(
                bare,
                reason,
                detail,
                Known(table=self.known.table),
                now,
                prefix,
                clean_document=self.clean,
                error=fault,
            )

    def _learn_platform(self, platform: str) -> None:
        self.known.platform = platform
        self.known.platform_label = self.pipeline.router.table.label(platform)

    def _judge(self) -> Origin:
        """Return where the delivery came from; a redriven one is from here on as it came first."""
        pipeline = self.pipeline
        table, prefix = pipeline.router.table, pipeline.prefix
        vouched = platform_of(self.delivery.exchange, prefix)
        if vouched is not None:
            self._learn_platform(vouched.platform)
        try:
            redrive = self.known.redrive = redrive_of(self.delivery, prefix)
            if redrive is not None:
                self.delivery = redrive.restored(self.delivery)
                self._learn_platform(redrive.platform.platform)
                return redrive.origin(table)
            return judge(self.delivery, table, prefix, self._check_signature)
        except Rejection:
            with suppress(Rejection):
                self._read_body()  # a letter from nobody is kept without its keys as well
            raise

    def _check_signature(self, platform: str) -> None:
        self._check_size()  # to look through all of what is too large is work for nothing
        pipeline = self.pipeline
        keys = pipeline.router.table.signing_keys[platform]
        pipeline.judge_signature(self.delivery, platform, keys, self.stamp.received_at)

    def _read_body(self) -> dict[str, Any]:
        self._check_size()
        document, self.known.redacted = redact(read_json_object(self.delivery.body))
        if self.known.redacted:
            self.clean = document
        return document

    def _check_size(self) -> None:
        size, limit = len(self.delivery.body), self.pipeline.limits.max_body
        if size > limit:
            detail = f"the body is {size} bytes, {limit} are allowed"
            raise Rejection(DeadReason.TOO_LARGE, detail)
