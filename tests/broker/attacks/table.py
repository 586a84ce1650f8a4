"""The deployment that is attacked."""

from uuid import uuid4

KEYS = {name: f"canary-{uuid4().hex}" for name in ("SIGNING_KEY", "ANOTHERS_KEY")}
"""The keys with which messages are signed: name of the variable to key."""
TABLE = {
    "model": {
        "default": "base-model",
        "provider": "custom",
        "base_url": "https://models.example/v1",
        "api_key_env": "BASE_KEY",
        "routes": [
            {"match": {"source_kind": "owner"}, "model": "owner-model"},
            {"match": {"platform": "webhook", "user_id": "7"}, "model": "owner-model"},
            {"match": {"verified": True}, "model": "verified-model"},
            {"match": {"platform": "hub"}, "model": "peer-model"},
        ],
    },
    "runtimes": {
        "codex": {
            "model": "codex-model",
            "base_url": "https://codex.example/v1",
            "command": "codex",
            "api_key_env": "CODEX_KEY",
        }
    },
    "platforms": {
        "telegram": {"home_channel": "42"},
        "discord": {"home_channel": {"chat_id": "42", "thread_id": "5"}},
        "slack": {"publishers": ["hub-slack"]},
        "webhook": {"home_channel": "42", "isolated": True},
        "api_server": {"home_channel": "42", "signing_keys": {"k1": "env:SIGNING_KEY"}},
        "msgraph_webhook": {"signing_keys": {"k1": "env:ANOTHERS_KEY"}},
        "hub": {"home_channel": "42"},
    },
    "owners": {"telegram": ["7"]},
    "overrides": {"hub_peer": "none", "stranger": "listed"},
    # Per hour, so that a slow machine does not give a token back meanwhile.
    "limits": {"per_pair": {"hub_peer": "10/h"}},
    "worker": {"partitions": 2, "lane_deadline": "300ms", "retry_backoff_max": "100ms"},
}
