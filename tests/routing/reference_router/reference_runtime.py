"""The runtimes of a table: the base, the named ones, those of rules, and the fallbacks.

A runtime is a dict of eight: model, provider, base_url, api_mode, command, args, params,
credential; None where nobody set it.
"""

FIELDS = ("model", "provider", "base_url", "api_mode", "command", "args", "params")
NOTHING: dict[str, object] = {**dict.fromkeys(FIELDS), "credential": None}


def stated(fields, name):
    """What `fields` say of `name`; None if they have no opinion."""
    value = fields.get(name)
    return None if value in (None, "", [], {}) else value


def base_runtime(document):
    """The runtime of the `model:` block."""
    block = model_block(document)
    model = stated(block, "default") or stated(block, "model")
    return {**laid_over(NOTHING, block, "model"), "model": model}


def model_block(document):
    """The `model:` block as a mapping; a bare name is its default model."""
    block = document["model"]
    return {"default": block} if isinstance(block, str) else block


def named_runtime(document, name):
    """One of `runtimes:`, whole: it inherits nothing."""
    return laid_over(NOTHING, document["runtimes"][name], f"runtimes.{name}")


def runtime_of(document, fields, over, path):
    """The runtime that `fields` ask for: laid over the runtime they name, else over `over`."""
    name = stated(fields, "runtime")
    return laid_over(over if name is None else named_runtime(document, name), fields, path)


def laid_over(runtime, fields, path):
    """`runtime`, with what `fields` (found at `path` in the file) state in its place."""
    result = dict(runtime)
    for name in FIELDS:
        if stated(fields, name) is not None:
            result[name] = fields[name]
    credential = credential_of(fields, path)
    if credential is not None:
        result["credential"] = credential
    return result


def credential_of(fields, path):
    """The reference to the key that `fields` state, or None."""
    key = stated(fields, "api_key")
    if key is not None and key.startswith("${"):
        return f"env:{key[2:-1]}"
    if key is not None:
        return f"config:{path}.api_key"
    if stated(fields, "api_key_env") is not None:
        return f"env:{fields['api_key_env']}"
    if stated(fields, "api_key_file") is not None:
        return f"file:{fields['api_key_file']}"
    return None


def base_fallbacks(document):
    """The fallbacks of the base, laid over the base."""
    block = model_block(document)
    return fallbacks_of(document, block, base_runtime(document), [], "model")


def fallbacks_of(document, fields, runtime, inherited, path):
    """The fallbacks that `fields` state, laid over `runtime`; if they state none, `inherited`."""
    entries = stated(fields, "fallbacks")
    if entries is None:
        return inherited
    return [
        named_runtime(document, entry)
        if isinstance(entry, str)
        else runtime_of(document, entry, runtime, f"{path}.fallbacks[{index}]")
        for index, entry in enumerate(entries)
    ]
