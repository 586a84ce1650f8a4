"""Configurations of other gateways, imported for a test."""

from datetime import UTC, datetime
from textwrap import dedent

from routing.document import read_document
from routing.report import Report
from worker.importing.trial import try_text
from worker.importing.yaml_text import Plain, yaml_text

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Imported:
    """What came of a configuration: the table in Python's terms, and every line that was said."""

    def __init__(self, convert, text):
        root = read_document(dedent(text).encode(), Report())
        self.made = convert(root, NOW)
        self.text = yaml_text(self.made.document)
        self.table = bare(self.made.document)
        self.trial = try_text(self.text, NOW)
        assert self.trial.is_sound, [problem.text for problem in self.trial.problems]
        self.variables = {each.name: each.was for each in self.made.variables}

    def notes(self, kind):
        """(line, text) of every note of a kind."""
        return [(note.line, note.text) for note in self.made.notes if note.kind == kind]

    def said(self, kind, *words):
        """The line of the one note of a kind that has all the words."""
        found = {line for line, text in self.notes(kind) if all(word in text for word in words)}
        assert len(found) == 1, (words, self.made.notes)
        return found.pop()


def bare(value):
    """A document with plain scalars as texts."""
    if isinstance(value, Plain):
        return value.text
    if isinstance(value, dict):
        return {key: bare(each) for key, each in value.items()}
    return [bare(each) for each in value] if isinstance(value, list) else value
