"""An explanation as JSON values."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from contracts import DeadReason, Runtime
from routing.charge import Charge
from routing.explanation import Draw, Explanation, TriedRule
from worker.explain_delivery import ExplainedDelivery


def as_json(explained: ExplainedDelivery | tuple[DeadReason, str]) -> dict[str, Any]:
    """Return what is shown. Only a message that a rule denies has both its way and `dead`."""
    if not isinstance(explained, ExplainedDelivery):
        reason, detail = explained
        return _dead(reason, detail)
    explanation = explained.explanation
    classification, wish = explanation.classification, explanation.wish
    return {
        **(_dead(DeadReason.DENIED, explained.denied) if explained.denied else {}),
        "platform": explanation.platform.platform,
        "instance": explanation.platform.instance,
        "source_kind": classification.source_kind,
        "why": classification.why,
        "claim_ignored": classification.claim_ignored,
        "publisher": explanation.circumstances.publisher,
        "verified": explanation.circumstances.verified,
        "signed": explanation.circumstances.signed,
        "at": _moment(explanation.circumstances.now),
        "facts": dict(explanation.facts),
        "rules": [_rule(tried) for tried in explanation.tried],
        "override": {
            "runtime": wish.runtime,
            "model": wish.model,
            "may_name": explanation.policy,
            "ignored_fields": list(wish.ignored_fields),
        },
        "conversation": explanation.conversation,
        "routing_key": explanation.routing_key,
        **_way(explanation),
        "limits": [_charge(charge) for charge in explanation.charges],
        "expires_at": _moment(explained.expires_at),
        "notes": list(explained.notes),
    }


def _way(explanation: Explanation) -> dict[str, Any]:
    decision = explanation.decision
    if decision is None:
        # The same members for whatever reads them, all of them empty.
        empty = ("route", "runtime", "split", "queue", "priority", "expires_in")
        return {**dict.fromkeys(empty), "fallbacks": []}
    return {
        "route": decision.route.model_dump(mode="json"),
        "runtime": {
            field.name: {"value": field.value, "from": field.origin} for field in explanation.fields
        },
        "split": explanation.draw and _split(explanation.draw),
        "queue": explanation.queue,
        "priority": decision.priority,
        "expires_in": decision.expires_in,
        "fallbacks": [_runtime(each) for each in decision.fallbacks],
    }


def _rule(tried: TriedRule) -> dict[str, Any]:
    rule, failure = tried.rule, tried.failure
    return {
        "name": rule.name,
        "index": rule.index,
        "line": rule.line,
        "matched": failure is None,
        "failed": failure and asdict(failure),
        "wants": [{"key": each.label, "wanted": each.written} for each in rule.match],
        "denies": rule.denies,
    }


def _split(draw: Draw) -> dict[str, Any]:
    return {
        "lot": draw.lot,
        "total": draw.total,
        "variants": [
            {"name": variant.name, "weight": variant.weight, "chosen": variant is draw.chosen}
            for variant in draw.rule.split
        ],
    }


def _charge(charge: Charge) -> dict[str, Any]:
    return {"limit": charge.limit.name, **charge.limit.stated(), "counted": list(charge.key)}


def _runtime(runtime: Runtime) -> dict[str, Any]:
    return runtime.model_dump(mode="json")


def _dead(reason: DeadReason, detail: str) -> dict[str, Any]:
    return {"dead": {"reason": reason, "detail": detail}}


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
