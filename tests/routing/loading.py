"""Tables as text, loaded for a test."""

import json
from textwrap import dedent

from routing.load_table import load_table


def load(text, **environ):
    """A table, from YAML text, bytes, or what JSON can say."""
    if isinstance(text, str):
        data = dedent(text).encode()
    elif isinstance(text, bytes):
        data = text
    else:
        data = json.dumps(text).encode()
    return load_table(data, environ)


def table(text, **environ):
    """The table of a file without errors."""
    loaded = load(text, **environ)
    assert loaded.table is not None, report(loaded)
    return loaded.table


def rules(text, **environ):
    """Rule name to what it matches, in effective order."""
    return {rule.name: asked(rule) for rule in table(text, **environ).rules}


def asked(rule):
    """What a rule asks for: key to the condition in words."""
    return {condition.key: condition.written for condition in rule.match}


def report(loaded):
    """All problems, as people see them."""
    return "\n".join(problem.render("t.yaml") for problem in loaded.problems)


def errors(text, **environ):
    """The errors of a file that has some, as people see them."""
    loaded = load(text, **environ)
    assert loaded.table is None
    return _of("error", loaded)


def warnings(text, **environ):
    """The warnings of a file without errors, as people see them."""
    loaded = load(text, **environ)
    assert loaded.table is not None, report(loaded)
    return _of("warning", loaded)


def _of(severity, loaded):
    found = (problem for problem in loaded.problems if problem.severity == severity)
    return "\n".join(problem.render("t.yaml") for problem in found)
