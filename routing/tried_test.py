"""A table's test, tried: what came of it."""

from dataclasses import dataclass
from datetime import datetime

from contracts import DeadReason, SourceKind
from routing.classify import classify
from routing.context import Circumstances, routing_context
from routing.decide import Router
from routing.destination import Destination
from routing.loop import refuse_loop
from routing.origin import EXCHANGE, judge_origin, settle_platform, unsigned
from routing.rejection import Rejection
from routing.table import RoutingTable
from routing.table_test import Expectation, Given, TableTest


@dataclass(frozen=True, slots=True)
class Difference:
    """An expectation, and what there was instead."""

    expectation: Expectation
    got: str | None
    """None where it is not set."""


@dataclass(frozen=True, slots=True)
class TriedTest:
    """A test with its outcome. It passed if there is no difference."""

    test: TableTest
    destination: Destination
    differences: tuple[Difference, ...]


def try_test(test: TableTest, router: Router, now: datetime, max_hops: int) -> TriedTest:
    """Return what becomes of the test's message, as if it were delivered.

    `now` is for a test that does not say when it is; `max_hops` as the process has it.
    """
    destination = _destination(test.given, router, test.at or now, max_hops)
    found = ((each, destination.get(each.what)) for each in test.expected)
    differences = tuple(Difference(each, got) for each, got in found if got != each.wanted)
    return TriedTest(test, destination, differences)


def _destination(given: Given, router: Router, now: datetime, max_hops: int) -> Destination:
    """Judge, classify, decide: in the order of the main path."""
    table, message, platform = router.table, given.message, given.platform
    try:
        circumstances = _circumstances(given, table, now)
        refuse_loop(message, platform, table.hub_platforms, max_hops)
    except Rejection as rejection:
        return Destination(None, dead=rejection.reason, detail=rejection.detail)
    signed = circumstances.signed
    kind = given.source_kind or classify(message, platform, table, signed=signed).source_kind
    try:
        decision = router.decide(message, platform, kind, circumstances)
    except Rejection as rejection:
        return _denied(rejection, given, router, kind, circumstances)
    except Exception as error:  # noqa: BLE001 - in life it is a dead letter, whatever went wrong
        detail = f"{type(error).__name__} while routing"
        return Destination(kind, dead=DeadReason.INTERNAL_ERROR, detail=detail)
    place = decision.route.index
    return Destination(kind, decision, rule=None if place is None else table.rules[place].name)


def _circumstances(given: Given, table: RoutingTable, now: datetime) -> Circumstances:
    """Return what is known of a message from its platform's own exchange."""
    listed = table.publishers.get(given.platform.platform, frozenset())
    publisher = given.publisher or min(listed, default=None)
    exchange = f"{EXCHANGE}{given.platform.platform}"
    check = unsigned if given.signed is False else _signed
    origin = judge_origin(exchange, publisher, table, check_signature=check)
    origin = settle_platform(origin, given.platform, table, check)
    verified = origin.verified if given.verified is None else given.verified
    return Circumstances(origin.publisher, verified, now, origin.signed)


def _signed(_platform: str) -> None:
    """Check the signature of a message that comes signed as it ought to."""


def _denied(
    rejection: Rejection,
    given: Given,
    router: Router,
    kind: SourceKind,
    circumstances: Circumstances,
) -> Destination:
    # What denies comes before all other rules, so the first that matches is the one that did.
    table = router.table
    context = routing_context(given.message, given.platform, kind, table, circumstances)
    rule = router.match(context)
    return Destination(
        kind,
        dead=rejection.reason,
        detail=rejection.detail,
        rule=None if rule is None else rule.name,
    )
