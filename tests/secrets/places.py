"""The closed list of places where a secret can be written, each shown by where `SECRET` stands."""

from typing import Any

from tests.secrets.marker import Marker

SECRET = "<secret>"
"""Stands where a key, a token or a password is written: it must not come out anywhere."""
SAID = "<said>"
"""Stands where people write: that is in jobs and dead letters, and nowhere else."""

KEY_FILE = "KEY_FILE"
# In the environment: keys, and settings with a password in them.
VARIABLES = {
    "SOME_KEY": SECRET,
    "NAMED_KEY": SECRET,
    "POINTSMAN_AMQP_PASSWORD": SECRET,
    "POINTSMAN_AMQP_URL": f"amqp://somebody:{SECRET}@127.0.0.1:1/?key={SECRET}",
}
FILES = {
    KEY_FILE: SECRET,
    "TLS_KEY": f"-----BEGIN {'PRIVATE'} KEY-----\n{SECRET}\n-----END {'PRIVATE'} KEY-----\n",
}
TABLE: dict[str, Any] = {
    "model": {
        "default": "m-base",
        "provider": "base",
        "base_url": "https://base.example/v1",
        "api_key": SECRET,
        "fallbacks": [{"model": "m-fallback", "api_key": SECRET}],
        "routes": [
            {"match": {"platform": "telegram"}, "model": "m-telegram", "api_key": SECRET},
            {"match": {"chat_id": "variable"}, "api_key": "${SOME_KEY}"},
            {"match": {"chat_id": "named"}, "api_key_env": "NAMED_KEY"},
            {"match": {"chat_id": "file"}, "model": "m-file", "api_key_file": KEY_FILE},
            {
                "match": {"chat_id": "many"},
                "api_key": SECRET,
                "fallbacks": ["codex", {"model": "m-file", "api_key": SECRET}],
            },
            {
                "match": {"chat_id": "split"},
                "split": [
                    {"weight": 1, "model": "m-one", "api_key": SECRET},
                    {
                        "weight": 1,
                        "model": "m-two",
                        "fallbacks": [{"model": "m-one", "api_key": SECRET}],
                    },
                ],
            },
        ],
        "platforms": {"hub": {"model": "m-hub", "api_key": SECRET}},
        "by_source": {
            "cron": {"model": "m-cron", "api_key": SECRET},
            "stranger": {"model": "m-stranger", "api_key": SECRET},
        },
    },
    "runtimes": {"codex": {"model": "m-codex", "api_key": SECRET}},
    "smart_model_routing": {
        "enabled": True,
        "cheap_model": {"model": "m-cheap", "api_key": SECRET},
    },
    "platforms": {
        "discord": {"channel_overrides": {"7": {"model": "m-channel", "api_key": SECRET}}},
        "slack": {},
        "telegram": {"home_channel": "42"},
        "webhook": {"signing_keys": {"k1": "${SOME_KEY}", "k2": f"file:{KEY_FILE}"}},
    },
    "tests": [
        {"given": {"platform": "slack"}, "expect": {"model": "m-stranger"}},
        {"name": "one that fails", "given": {"platform": "slack"}, "expect": {"model": "m-base"}},
    ],
    "worker": {"amqp_url": f"amqp://somebody:{SECRET}@127.0.0.1:1/?key={SECRET}"},
}
# No secret can be written there, nothing but these.
TABLE_WITHOUT = {
    "models": "names of models",
    "overrides": "words of ours",
    "hub_platforms": "names of platforms",
    "group_conversations": "a word of ours",
    "owners": "ids of people",
    "limits": "numbers",
    "spoofable_platforms": "names of platforms",
    "trust": "a word of ours",
}

_SAID_KEYS = {
    "api_key": SECRET,
    "API-Key": SECRET,
    "apikey": SECRET,
    "token": [SECRET],
    "Secret": {"deep": SECRET},
    "PASSWORD": SECRET,
}
MESSAGE: dict[str, Any] = {
    "text": SAID,
    "parts": [{"text": SAID}, {"data": {"any": SAID}, "metadata": {"any": SAID}}],
    "media_urls": [f"https://files.example/{SAID}"],
    "source": {"chat_id": "c", "chat_type": "dm", "user_id": "u", "user_name": SAID},
    "context": {"any": [SAID]},
    "extensions": [SAID],
    "unknown": {"any": SAID},
    **_SAID_KEYS,
    "metadata": {"any": SAID, **_SAID_KEYS, "list": [{"at": {"any": {"depth": _SAID_KEYS}}}]},
    "override": {"any": SAID, **_SAID_KEYS, "params": {"headers": _SAID_KEYS}},
}
FRAME: dict[str, Any] = {
    "type": "message",
    **_SAID_KEYS,
    "data": {
        "from": "peer",
        "text": SAID,
        **_SAID_KEYS,
        "metadata": {"any": [_SAID_KEYS]},
        "override": {"any": [_SAID_KEYS]},
    },
}
HEADERS: dict[str, Any] = {
    "x-custom": SAID,
    "x-nested": {"any": [SAID, _SAID_KEYS]},
    **_SAID_KEYS,
}
PROPERTIES = dict.fromkeys(("correlation_id", "app_id", "type", "reply_to"), SAID)

HERMES: dict[str, Any] = {
    "model": {
        "default": "m",
        "base_url": f"https://user:{SECRET}@host.example/v1?api_key={SECRET}",
        "api_key": SECRET,
        "default_headers": {"Authorization": f"Bearer {SECRET}"},
        "command": "run",
        "args": ["--api-key", SECRET],
        "routes": [{"match": {"platform": "slack"}, "model": "a", "api_key": SECRET}],
        "by_source": {"stranger": {"model": "f", "api_key": SECRET}},
    },
    "providers": {"mine": {"base_url": "https://mine.example", "api_key": SECRET}},
    "fallback_providers": [{"provider": "mine", "model": "i", "api_key": SECRET}],
    "model_aliases": {"alias": {"model": "k", "api_key": SECRET}},
    "platforms": {"telegram": {"token": SECRET, "home_channel": {"chat_id": "1"}}},
    "terminal": {"sudo_password": SECRET},
}
LITELLM: dict[str, Any] = {
    "model_list": [
        {
            "model_name": "a",
            "litellm_params": {
                "model": "azure/m",
                "api_key": SECRET,
                "api_base": f"https://user:{SECRET}@host.example/v1?token={SECRET}",
                "aws_secret_access_key": SECRET,
                "extra_headers": {"Authorization": f"Bearer {SECRET}"},
            },
        }
    ],
    "credential_list": [{"credential_name": "c", "credential_values": {"api_key": SECRET}}],
    "router_settings": {"redis_password": SECRET},
    "general_settings": {"master_key": SECRET, "database_url": f"postgresql://u:{SECRET}@h/d"},
    "environment_variables": {"REDIS_PASSWORD": SECRET},
}


class Written:
    """Markers in place of `SECRET` and `SAID`: every one its own, remembered by its place."""

    def __init__(self) -> None:
        self.secrets: list[Marker] = []
        self.said: list[Marker] = []

    def mark(self, place: str, between: str = "-") -> str:
        """Return a secret for a place."""
        self.secrets.append(Marker(place, between))
        return self.secrets[-1].text

    def fill(self, document: Any, place: str) -> Any:
        """Return a document with markers; `place` begins the names of its places."""
        if isinstance(document, dict):
            return {key: self.fill(value, f"{place}.{key}") for key, value in document.items()}
        if isinstance(document, list):
            return [self.fill(value, f"{place}[{at}]") for at, value in enumerate(document)]
        if not isinstance(document, str):
            return document
        while SECRET in document:
            document = document.replace(SECRET, self.mark(place), 1)
        while SAID in document:
            self.said.append(Marker(place))
            document = document.replace(SAID, self.said[-1].text, 1)
        return document
