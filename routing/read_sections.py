"""Reads the small top-level sections."""

from collections.abc import Mapping

from contracts import Runtime, SourceKind
from routing.node import Entry, ListNode, MappingNode, Place, TextNode, is_empty
from routing.override_policy import OverridePolicy
from routing.read_runtime import KEYS as _RUNTIME_KEYS
from routing.read_runtime import read_runtime
from routing.reader import Reader
from routing.setting import SETTING_NAMES, Setting
from routing.trust import Trust

PER_USER = "per_user"
SHARED = "shared"
_OVERRIDES = {
    SourceKind.OWNER: OverridePolicy.ANY,
    SourceKind.CRON: OverridePolicy.ANY,
    SourceKind.HUB_PEER: OverridePolicy.LISTED,
    SourceKind.STRANGER: OverridePolicy.LISTED,
}


def read_runtimes(top: Mapping[str, Entry], reader: Reader) -> dict[str, Runtime]:
    """Read the bundles an override may name. Each is whole: it has a model and inherits nothing."""
    runtimes: dict[str, Runtime] = {}
    names: set[str] = set()
    for entry in reader.entries(top["runtimes"].value, "runtimes") if "runtimes" in top else ():
        path = f"runtimes.{entry.key.text}"
        names.add(entry.key.text)
        if isinstance(entry.value, TextNode) and not is_empty(entry.value):
            reader.wrong_type(entry.value, path, "a mapping", "write `{model: …}`")
            continue
        errors = reader.report.error_count
        fields = reader.fields(entry.value, path, _RUNTIME_KEYS)
        runtime = read_runtime(fields, path, reader).whole()
        if runtime is not None:
            runtimes[entry.key.text] = runtime
        elif reader.report.error_count == errors:
            hint = "a named runtime inherits nothing"
            reader.report.error(entry.key, f"`{path}` has no `model`", hint)
    reader.runtimes = frozenset(names)
    return runtimes


def read_models(top: Mapping[str, Entry], reader: Reader) -> frozenset[str]:
    """Read the models that anyone's override may name."""
    models = set()
    for item, _ in (reader.texts(top["models"].value, "models") or ()) if "models" in top else ():
        model = reader.text(item, "models")
        if model is None:
            reader.report.error(item, "`models` holds an empty text")
        else:
            models.add(model)
    return frozenset(models)


def read_overrides(top: Mapping[str, Entry], reader: Reader) -> dict[SourceKind, OverridePolicy]:
    """Read what messages may choose, per source kind, with the defaults."""
    overrides = dict(_OVERRIDES)
    if "overrides" in top:
        kinds = [kind.value for kind in SourceKind]
        for key, entry in reader.fields(top["overrides"].value, "overrides", kinds).items():
            policy = reader.choice(entry.value, f"overrides.{key}", OverridePolicy)
            if policy is not None:
                overrides[SourceKind(key)] = OverridePolicy(policy)
    return overrides


def read_places(top: Mapping[str, Entry]) -> dict[str, Place]:
    """Return where `overrides.<kind>`, `models.<model>` and `model.<key>` stand."""
    places: dict[str, Place] = {}
    for section in ("overrides", "models", "model"):
        node = top[section].value if section in top else None
        if isinstance(node, MappingNode):
            nodes = [entry.key for entry in node.entries]
        elif isinstance(node, ListNode):
            nodes = [item for item in node.items if isinstance(item, TextNode)]
        else:
            continue
        places.update({f"{section}.{at.text}": Place(at.line, at.column) for at in nodes})
    return places


def read_group_conversations(top: Mapping[str, Entry], reader: Reader) -> bool:
    """Whether a group is one conversation for all who write in it."""
    entry = top.get("group_conversations")
    if entry is None:
        return False
    return reader.choice(entry.value, entry.key.text, (PER_USER, SHARED)) == SHARED


def read_trust(top: Mapping[str, Entry], reader: Reader) -> Trust:
    """Read how far a publisher is believed. `open` is a warning."""
    entry = top.get("trust")
    trust = None if entry is None else reader.choice(entry.value, "trust", Trust)
    if entry is not None and trust == Trust.OPEN:
        reader.report.warning(
            entry.key,
            "`trust: open` lets every publisher say which platform it is",
            "it is for one tenant, development and the demo",
        )
    return Trust.EXCHANGE if trust is None else Trust(trust)


def read_settings(top: Mapping[str, Entry], reader: Reader) -> dict[str, Setting]:
    """Read `worker:`: names are checked here, what they mean by whoever runs the process."""
    settings: dict[str, Setting] = {}
    if "worker" in top:
        for key, entry in reader.fields(top["worker"].value, "worker", SETTING_NAMES).items():
            text = reader.text(entry.value, f"worker.{key}")
            if text is not None:
                node = entry.value
                said = node.text if isinstance(node, TextNode) and "${" in node.text else None
                settings[key] = Setting(text, node.line, node.column, said)
    return settings
