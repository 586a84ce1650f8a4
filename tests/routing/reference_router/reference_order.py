"""The rules of a table in their effective order.

A rule is a dict: name, match, fields (what the file says of it), path (where it says it).
"""

from tests.routing.reference_router.reference_runtime import model_block


def effective_order(document):
    """Every rule that is enabled: deny rules, then the others, each in the order of the file."""
    written = [
        *_routes(document),
        *_channel_overrides(document),
        *_platforms(document),
        *_by_source(document),
        *_smart_model_routing(document),
    ]
    enabled = [rule for rule in written if rule["fields"].get("enabled", True) is not False]
    deny = [rule for rule in enabled if denies(rule)]
    return deny + [rule for rule in enabled if not denies(rule)]


def denies(rule):
    """Whether a message that matches gets no turn."""
    return rule["fields"].get("deny") is True


def _routes(document):
    for index, fields in enumerate(model_block(document).get("routes") or []):
        yield _rule(f"routes[{index}]", fields["match"], fields, f"model.routes[{index}]")


def _channel_overrides(document):
    platforms = document.get("platforms") or {}
    for key in ("chat_id", "thread_id", "parent_chat_id"):
        for platform, people in platforms.items():
            for channel, entry in ((people or {}).get("channel_overrides") or {}).items():
                if entry not in (None, "", {}):
                    name = f"platforms.{platform}.channel_overrides.{channel}"
                    yield _rule(name, {"platform": platform, key: channel}, _fields(entry), name)


def _platforms(document):
    for platform, entry in (model_block(document).get("platforms") or {}).items():
        if entry not in (None, "", {}):
            name = f"platforms.{platform}"
            yield _rule(name, {"platform": platform}, _fields(entry), f"model.{name}")


def _by_source(document):
    for kind, entry in (model_block(document).get("by_source") or {}).items():
        if entry not in (None, "", {}):
            name = f"by_source.{kind}"
            yield _rule(name, {"source_kind": kind}, entry, f"model.{name}")


def _smart_model_routing(document):
    section = document.get("smart_model_routing") or {}
    if section.get("enabled") is True:
        name = "smart_model_routing"
        yield _rule(name, {"text.simple": "true"}, section["cheap_model"], f"{name}.cheap_model")


def _fields(entry):
    return {"model": entry} if isinstance(entry, str) else entry


def _rule(name, match, fields, path):
    # A shorthand's own `match` takes the place of the one that its key stands for.
    name = fields.get("name") or name
    return {"name": name, "match": fields.get("match", match), "fields": fields, "path": path}
