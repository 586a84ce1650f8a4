"""What is shown of where turns go."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from contracts import Runtime
from routing.target import Target
from worker.cli.figures import duration
from worker.cli.plain import plain
from worker.target_place import host, target_queue

_LABELS = {"base_url": "host", "api_mode": "api", "credential": "key"}


@dataclass(frozen=True, slots=True)
class TargetField:
    """One field that has a value."""

    label: str
    value: str
    origin: str
    """What set it: a rule, `RULE/VARIANT`, `base`, `runtimes.<name>`."""

    def __str__(self) -> str:
        return f"{self.label} {self.value}"


def target_fields(
    target: Target, origin: Callable[[str], str], prefix: str
) -> Iterator[TargetField]:
    """Yield what a target has, the model first; text is as a terminal may have it."""
    for name, value in target.runtime:
        if value is not None:
            label = _LABELS.get(name, name)
            yield TargetField(label, _value(name, value), origin(name))
    queue, setter = target_queue(target, prefix), "queue" if target.queue else "model"
    yield TargetField("queue", plain(queue), origin(setter))
    if target.priority is not None:
        yield TargetField("priority", str(target.priority), origin("priority"))
    if target.expires_in is not None:
        yield TargetField("expires in", duration(target.expires_in), origin("expires_in"))
    if target.fallbacks:
        models = " then ".join(plain(_short(each, target)) for each in target.fallbacks)
        yield TargetField("fallbacks", models, origin("fallbacks"))


def _short(runtime: Runtime, target: Target) -> str:
    """Name a fallback by its model, and by its host where that is another one."""
    if runtime.base_url is None or runtime.base_url == target.runtime.base_url:
        return runtime.model
    return f"{runtime.model} at {host(runtime.base_url)}"


def _value(name: str, value: Any) -> str:
    if name == "base_url":
        return plain(host(value))
    return plain(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
