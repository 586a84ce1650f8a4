"""Nobody who reads the repository finds what looks like a key, made up or not."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
_LEFT_OUT = {".git", ".venv", "__pycache__", "dist"}
# Long enough to be one: tests and docs write `sk-…` where they tell keys from other words.
_KEYS = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|nvapi|pplx|hf|ghp|gho|ghs|xox[abprs])[-_][A-Za-z0-9_-]*[A-Za-z0-9]{20}"
    r"|\bgithub_pat_\w{20}|\bglpat-[\w-]{20}|\bAIza[\w-]{30}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\beyJ[\w-]{20,}\.eyJ|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)


def key_in(text):
    found = _KEYS.search(text)
    return found and found[0][:12]


def test_no_file_holds_what_looks_like_a_key():
    """No file of the project has a key of a well-known service, or a private key, in it."""
    files = [
        path
        for path in ROOT.rglob("*")
        if path.is_file()
        and not _LEFT_OUT & {*path.relative_to(ROOT).parts}
        and not any(part.endswith("_cache") or part == ".hypothesis" for part in path.parts)
    ]
    assert len(files) > 500
    found = {str(path): key_in(path.read_text(errors="replace")) for path in files}
    assert {path: key for path, key in found.items() if key} == {}


def test_such_keys_are_known():
    """The search knows the keys that people leave lying around."""
    word = "a1B2" * 8
    for key in (f"sk-proj-{word}", f"ghp_{word}", f"xoxb-1-2-{word}", f"AKIA{'A1' * 8}"):
        assert key_in(f"key: {key}")
    assert key_in(f"-----BEGIN RSA {'PRIVATE'} KEY-----")
    assert not key_in("sk-learn, hf-mistral-7b-instruct, task-0123456789abcdef0123456789")
