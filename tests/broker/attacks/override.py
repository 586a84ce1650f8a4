"""Choosing what only the table, or somebody else, may choose."""

from tests.broker.attacks.attack import Attack, Publish, dead, message, turn


def _override(**named: object) -> Publish:
    return Publish(message(override=named))


ATTACKS = (
    Attack(
        "A model that nobody knows",
        "`override: {model: …}` with a name that is not in the table",
        "ignored (`override_ignored: unknown`), and no queue comes of it",
        "overrides name what the table lets them",
        (turn(route__override_ignored="unknown"),),
        (dead("undeliverable"),),
        (_override(model="gpt-nobody-knows"),),
    ),
    Attack(
        "Somebody else's runtime or model",
        "a stranger names a runtime, with its key and command, or the owner's model",
        "ignored (`not_listed`): the base's",
        "overrides name what the table lets them",
        (turn(route__override_ignored="not_listed"),) * 2,
        (turn(model="codex-model"), turn(model="owner-model")),
        (_override(runtime="codex"), _override(model="owner-model")),
    ),
    Attack(
        "A host, a command, a key",
        "`override` states `base_url`, `command`, `args`, `provider`, `credential`",
        "ignored and counted: the table's own",
        "an override is a name and nothing else",
        (
            turn(
                runtime__base_url="https://models.example/v1",
                runtime__command=None,
                runtime__args=None,
                runtime__provider="custom",
                runtime__credential="env:BASE_KEY",
            ),
        ),
        (
            turn(
                runtime__base_url="https://attacker.example",
                runtime__command="sh",
                runtime__credential="env:CODEX_KEY",
            ),
        ),
        (
            _override(
                base_url="https://attacker.example",
                command="sh",
                args=["-c", "id"],
                provider="attacker",
                credential="env:CODEX_KEY",
            ),
        ),
    ),
    Attack(
        "An agent that calls itself a stranger",
        "the table lets strangers name models, and hubs not: a hub's message says"
        " `source_kind: stranger`; another says `purpose: memory_flush`, which no rule sees",
        "as little as both may, and the hub's own rule",
        "a hub's messages stay a hub's",
        (
            turn(model="peer-model", route__override_ignored="closed"),
            turn("hub_peer", "peer-model", route__reason="matched"),
        ),
        (
            turn(route__reason="override"),
            turn("hub_peer", route__reason="memory_flush"),
        ),
        (
            Publish(message(source_kind="stranger", override={"model": "base-model"})),
            Publish(message(purpose="memory_flush")),
        ),
        by="hub",
    ),
)
