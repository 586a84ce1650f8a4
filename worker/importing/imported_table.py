"""A table made of a foreign configuration."""

from dataclasses import dataclass

from worker.importing.note import Note
from worker.importing.variables import Variable
from worker.importing.yaml_text import Document


@dataclass(frozen=True, slots=True)
class ImportedTable:
    """What came of a configuration. Holds no key of it."""

    document: Document
    notes: tuple[Note, ...]
    """In the order of the source."""
    variables: tuple[Variable, ...]
    untested: tuple[str, ...]
    """The rules that no test could be made for, or that an earlier rule comes before."""


class NotImportableError(Exception):
    """The configuration cannot become a table. The text is one line for people."""
