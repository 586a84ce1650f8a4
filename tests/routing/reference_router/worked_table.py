"""Tables for worked cases, and what is looked at in a decision."""

from tests.routing.reference_router.reference_decision import reference_decision
from tests.routing.reference_router.reference_runtime import NOTHING
from tests.routing.reference_router.worked_message import facts

BASE = {"default": "base-m", "provider": "custom", "api_key": "${BASE}", "base_url": "https://b/v1"}
CODEX = {"model": "gpt", "provider": "openai", "api_key": "${CODEX}"}
BASE_RUNTIME = {
    **NOTHING,
    "model": "base-m",
    "provider": "custom",
    "base_url": "https://b/v1",
    "credential": "env:BASE",
}
CODEX_RUNTIME = {**NOTHING, "model": "gpt", "provider": "openai", "credential": "env:CODEX"}
ALL = {"glob": "*"}  # any platform


def table(*routes, base=None, **sections):
    """A table of routes; one without a match is for every message."""
    written = [{"match": {"platform": ALL}, **route} for route in routes]
    runtimes = {"runtimes": {"codex": CODEX}}
    return {"model": {**BASE, "routes": written, **(base or {})}, **runtimes, **sections}


def decide(document, given=None):
    """What becomes of a message, by default a stranger's `hello`."""
    return reference_decision(document, given or facts())


def runtime(decision):
    """The eight of the runtime that was decided."""
    return {name: decision[name] for name in NOTHING}


def route(name="base", index=None, reason="base", ignored=None, variant=None):
    """A route; by default the base's."""
    return {
        "name": name,
        "index": index,
        "reason": reason,
        "override_ignored": ignored,
        "variant": variant,
    }
