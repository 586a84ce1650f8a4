"""Whether a text is a simple one: the fact `text.simple`."""

import string

TASK_WORDS = (
    "debug debugging implement implementation refactor patch traceback stacktrace exception error"
    " analyze analysis investigate architecture design compare benchmark optimize optimise review"
    " terminal shell tool tools pytest test tests plan planning delegate subagent cron docker"
    " kubernetes"
).split()


def is_simple(text, document):
    """Whether `text` (or None) is short, plain and asks for no task; limits are the document's."""
    limits = document.get("smart_model_routing") or {}
    t = (text or "").strip()
    lower = t.lower()
    words = [word.strip(string.punctuation) for word in lower.split()]
    return (
        t != ""
        and len(t) <= limits.get("max_simple_chars", 160)
        and len(t.split()) <= limits.get("max_simple_words", 28)
        and t.count("\n") <= 1
        and "`" not in t
        and not any(mark in lower for mark in ("http://", "https://", "www."))
        and not any(word in TASK_WORDS for word in words)
    )
