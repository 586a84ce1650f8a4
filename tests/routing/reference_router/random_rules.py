"""What a rule says at random, besides what it matches: runtime, queue, split, fallbacks, deny."""

from tests.routing.reference_router.random_words import MODELS

PARAMS = [
    {"temperature": 0.7, "max_tokens": 8192},
    {"stop": ["1.0", "true", "null", "größe: #1"], "seed": -1, "top_p": 1.0},
    {"thinking": {"type": "enabled", "budget": 1024}, "stream": True, "user": None, "n": "1"},
    {"tools": [], "extra": {}, "cache": False},
]
ARGS = [["--acp"], ["-p", "a b"], ["--n", "1", "--flag", "no"]]
URLS = ["https://a/v1", "https://b:8443/v1"]
# What has no opinion.
EMPTY = {
    "model": [None, ""],
    "provider": [None, ""],
    "base_url": [None, ""],
    "api_key": [None, ""],
    "args": [None, []],
    "params": [None, {}],
}


def random_runtime_fields(rng):
    """Some runtime fields, some of them empty; perhaps none."""
    fields = {}
    for name, share, values in [
        ("model", 0.6, MODELS[:-2]),
        ("provider", 0.2, ["custom", "openai", "1"]),
        ("base_url", 0.2, URLS),
        ("api_mode", 0.15, ["chat", "codex_responses"]),
        ("command", 0.1, ["codex", "/opt/my codex"]),
        ("args", 0.1, ARGS),
        ("params", 0.25, PARAMS),
    ]:
        if rng.random() < share:
            fields[name] = rng.choice(values)
    fields.update(random_key(rng))
    if rng.random() < 0.15:
        name = rng.choice(list(EMPTY))
        fields.setdefault(name, rng.choice(EMPTY[name]))
    return fields


def random_key(rng):
    """A key in one of its four forms, or none."""
    sort = rng.random()
    if sort < 0.12:
        return {"api_key": rng.choice(["${KEY_A}", "${KEY_B}"])}
    if sort < 0.18:
        return {"api_key_env": "KEY_C"}
    if sort < 0.24:
        return {"api_key_file": "/run/secrets/key d"}
    if sort < 0.27:
        return {"api_key": "canary"}
    return {}


def random_rule_fields(rng, runtimes):
    """The fields of a rule or of a shorthand's entry, without `name` and `match`; never empty."""
    if rng.random() < 0.08:
        fields = {"deny": True}
    else:
        fields = random_turn_fields(rng, runtimes)
        if rng.random() < 0.2:
            fields["split"] = random_split(rng, runtimes)
        if rng.random() < 0.05:
            fields["deny"] = False
    if rng.random() < 0.15:
        fields["enabled"] = rng.random() < 0.5
    if rng.random() < 0.1 or not fields:
        fields["note"] = rng.choice(["for people", "null", "yes: no", "# 42"])
    return fields


def random_turn_fields(rng, runtimes):
    """What a rule and an entry of its split have in common."""
    fields = random_runtime_fields(rng)
    if runtimes and rng.random() < 0.15:
        fields["runtime"] = rng.choice(runtimes)
    if rng.random() < 0.15:
        fields["queue"] = rng.choice(["batch", "turns.slow", "größe", None])
    if rng.random() < 0.15:
        fields["priority"] = rng.choice([0, 1, 9, 255, None])
    if rng.random() < 0.15:
        fields["expires_in"] = rng.choice(["500ms", "60s", "10m", 30, "1", None])
    if rng.random() < 0.25:
        fields["fallbacks"] = random_fallbacks(rng, runtimes)
    return fields


def random_fallbacks(rng, runtimes):
    """A list of names and mappings; sometimes one without an opinion."""
    if rng.random() < 0.1:
        return rng.choice([[], None])
    entries = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        if runtimes and rng.random() < 0.4:
            entries.append(rng.choice(runtimes))
            continue
        fields = random_runtime_fields(rng)
        if runtimes and rng.random() < 0.3:
            fields["runtime"] = rng.choice(runtimes)
        entries.append(fields or {"model": rng.choice(MODELS[:-2])})
    return entries


def random_split(rng, runtimes):
    """One to three variants, some of them with names."""
    names = rng.sample(["control", "new", "größe"], 3)
    return [
        {
            "weight": rng.choice([1, 1, 2, 9]),
            **({"name": names[index]} if rng.random() < 0.5 else {}),
            **random_turn_fields(rng, runtimes),
        }
        for index in range(rng.choice([1, 2, 2, 3]))
    ]
