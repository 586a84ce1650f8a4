"""Deciding, written a second time: as plainly as the rules are worded, and as slowly.

It shares nothing with the product but the classes of the table and the message.
"""

import json

from contracts import SourceKind


def fact(key, message, platform, source_kind, table):  # noqa: C901 - as plain as the list of facts
    source = message.source
    if key == "platform":
        return platform.platform
    if key == "instance":
        return platform.instance
    if key == "source_kind":
        return str(source_kind)
    if key == "user_id" and platform.platform in table.spoofable_platforms:
        return None
    if key in {"user_id", "chat_id", "chat_type", "thread_id", "parent_chat_id", "scope_id"}:
        return (getattr(source, key) or None) if source else None
    if key == "profile":
        return (source.profile or None) if source else None
    if key in {"agent_id", "purpose", "message_type"}:
        return getattr(message, key) or None
    if key == "hops":
        return f"{message.hops}"
    if key == "text.length":
        return f"{len(message.text or '')}"
    if key == "text.words":
        return f"{len((message.text or '').split())}"
    if key == "has_media":
        files = [part for part in message.parts if part.url or part.raw]
        return "true" if message.media_urls or files else "false"
    assert key.startswith("metadata.")
    value = message.metadata.get(key[len("metadata.") :])
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def matching_rule(message, platform, source_kind, table):
    for rule in table.rules:
        if all(
            fact(wanted.key, message, platform, source_kind, table) == wanted.written
            for wanted in rule.match
        ):
            return rule
    return None


def resolve(message, platform, source_kind, table):  # noqa: C901 - one plain reading of all rules
    """Return (runtime as a mapping, route name, index, reason, override_ignored)."""
    named_runtime = (message.override.runtime or None) if message.override else None
    named_model = (message.override.model or None) if message.override else None
    from_peer = source_kind == SourceKind.HUB_PEER or (
        source_kind == SourceKind.STRANGER and platform.platform in table.hub_platforms
    )

    if message.purpose == "memory_flush" and not from_peer:
        ignored = "memory_flush" if named_runtime or named_model else None
        return table.base.model_dump(), "base", None, "memory_flush", ignored

    may_name = {table.overrides[source_kind].value}
    if from_peer:
        may_name.add(table.overrides[SourceKind.HUB_PEER].value)
    policy = next(policy for policy in ("none", "listed", "any") if policy in may_name)

    ignored = None
    if named_runtime:
        if policy == "any" and named_runtime in table.runtimes:
            runtime = table.runtimes[named_runtime].model_dump()
            return runtime, f"runtimes.{named_runtime}", None, "runtime", None
        if policy == "none":
            ignored = "closed"
        elif named_runtime not in table.runtimes:
            ignored = "unknown"
        else:
            ignored = "not_listed"

    rule = matching_rule(message, platform, source_kind, table)
    runtime = (table.base if rule is None else rule.runtime).model_dump()
    name, index, reason = "base", None, "base"
    if rule is not None:
        name, index, reason = rule.name, table.rules.index(rule), "matched"

    if named_model:
        listed = {table.base.model, runtime["model"], *table.models}
        everything = listed | {rule.runtime.model for rule in table.rules}
        everything |= {runtime.model for runtime in table.runtimes.values()}
        if named_model in {"any": everything, "listed": listed, "none": set()}[policy]:
            return {**runtime, "model": named_model}, name, index, "override", ignored
        if ignored is None and policy == "none":
            ignored = "closed"
        elif ignored is None:
            ignored = "not_listed" if named_model in everything else "unknown"
    return runtime, name, index, reason, ignored
