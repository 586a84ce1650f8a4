"""A table built by hand, as the document that says the same."""


def document_of(table):
    """The document of a table whose rules ask for equal texts and set nothing but a runtime."""
    routes = [
        {
            "match": {wanted.key: wanted.written for wanted in rule.match},
            **_fields(rule.target.runtime),
        }
        for rule in table.rules
    ]
    base = _fields(table.base)
    return {
        "model": {**base, "default": base.pop("model"), "routes": routes},
        "runtimes": {name: _fields(runtime) for name, runtime in table.runtimes.items()},
        "models": sorted(table.models),
        "overrides": {str(kind): policy.value for kind, policy in table.overrides.items()},
        "hub_platforms": sorted(table.hub_platforms),
        "spoofable_platforms": sorted(table.spoofable_platforms),
    }


def facts_of(message, platform, source_kind):
    """The facts of a message whose publisher nobody knows, for a table that splits nothing."""
    instance = f":{platform.instance}" if platform.instance else ""
    return {
        "message": message.model_dump(mode="json"),
        "platform": f"{platform.platform}{instance}",
        "source_kind": str(source_kind),
        "publisher": None,
        "verified": False,
        "conversation": "",
    }


def _fields(runtime):
    stated = {name: value for name, value in dict(runtime).items() if value is not None}
    if "args" in stated:
        stated["args"] = list(stated["args"])
    credential = stated.pop("credential", None)
    return (
        stated if credential is None else {**stated, "api_key_env": credential.removeprefix("env:")}
    )
