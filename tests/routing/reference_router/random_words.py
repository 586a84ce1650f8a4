"""The few words that random tables and random messages share, so that rules do match."""

PLATFORMS = ["telegram", "hub", "webhook", "cron", "cli", "discord", "mesh"]
ORIGINS = [*PLATFORMS, "hub", "hub", "hub:slate", "hub:onyx", "telegram/slate", "local", "mesh:a"]
KINDS = ["owner", "hub_peer", "stranger", "cron"]
PURPOSES = ["turn", "turn", "turn", "background", "btw", "compress", "hygiene", "memory_flush"]
IDS = ["1", "2", "01", "-100", "A", "a", "ab", "über", "a b", "1.0", "no", "[a]", "a*"]
MODELS = ["base-m", "a", "b", "c", "turbo", "cheap-m", "größe/7b", "made-up", "1.0"]
RUNTIMES = ["codex", "local", "7b"]
PUBLISHERS = ["hub-telegram", "hub-2", "cron"]
TEXTS = [
    "hi",
    "hello world",
    "  padded  ",
    "x" * 11,
    "x" * 160,
    "x" * 161,
    "one two three",
    "w " * 28,
    "w " * 29,
    "naïve café ☕",
    "please debug this",
    "PyTest!",
    "(review)",
    "“debug” it",
    "protest",
    "plan",
    "doc\N{KELVIN SIGN}er",
    "run `ls`",
    "see HTTPS://x",
    "wwww.x",
    "a\nb",
    "a\nb\nc",
    "a\u00a0b",
    "   ",
]
# JSON values of one key, close to one another on purpose: as text, as numbers, as neither.
METADATA = [
    True,
    False,
    1,
    10,
    -3,
    1.0,
    2.5,
    "1",
    "1.0",
    "10",
    "1e+1",
    "25e-1",
    "",
    " 1",
    "1\n",
    "1_0",
    "٣",
    "+1",
    "abc",
    "é",
    "A",
    "a\nb",
    None,
    {"a": 1},
    ["é", None],
]
METADATA_KEYS = ["x", "x", "x", "a.b", "größe"]

# What a fact is wanted to be, key by key. What is numeric is compared as a number too.
WANTED = {
    "platform": [*PLATFORMS, "hub", "hub:slate", "telegram/slate", "local"],
    "instance": ["slate", "onyx", "a"],
    "source_kind": KINDS,
    "user_id": IDS,
    "chat_id": IDS,
    "chat_type": ["dm", "group", "channel", "thread"],
    "thread_id": IDS,
    "parent_chat_id": IDS,
    "scope_id": IDS,
    "agent_id": IDS,
    "profile": ["work", "home"],
    "purpose": ["turn", "background", "memory_flush", "compress"],
    "message_type": ["text", "voice", "photo"],
    "hops": ["0", "1", "2"],
    "metadata.x": ["true", "1", "1.0", "10", "abc", "é", '{"a":1}', "-3", "1e+1"],
    "metadata.a.b": ["true", "1", "A"],
    "metadata.größe": ["1", "é"],
    "text.length": ["2", "11", "5", "160"],
    "text.words": ["1", "2", "3"],
    "text.simple": ["true", "false"],
    "has_media": ["true", "false"],
    "verified": ["true", "false"],
    "publisher": PUBLISHERS,
}
NUMERIC = ("hops", "text.length", "text.words", "metadata.x", "metadata.a.b", "metadata.größe")
OFTEN = ["platform", "source_kind", "chat_id", "user_id", "chat_type", "purpose", "metadata.x"]

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati"]
DAYS = ["mon", "fri", "sun", "mon-fri", "sat-mon", "sat-sun", "fri-tue"]
HOURS = [
    "22:00-07:00",
    "07:00-22:00",
    "00:00-12:00",
    "12:00-24:00",
    "12:00-00:00",
    "02:00-03:00",
    "09:30-09:31",
    "23:59-00:01",
]
