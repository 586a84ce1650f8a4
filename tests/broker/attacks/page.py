"""The section of docs/security.md that says what was tried: `python -m tests.broker.attacks.page`
prints it.
"""

from collections.abc import Iterator

from tests.broker.attacks.every import THEMES

BEGIN, END = "<!-- attacks -->\n", "<!-- end of attacks -->\n"
_HEAD = "| attack | what is done | what comes of it | what stops it |\n|---|---|---|---|\n"


def tables() -> str:
    """Return a table for each theme, a row for each attack."""
    return "\n".join(_tables())


def _tables() -> Iterator[str]:
    for theme, attacks in THEMES.items():
        rows = (
            f"| {attack.name} | {attack.does} | {attack.comes} | {attack.stopped_by} |\n"
            for attack in attacks
        )
        yield f"### {theme}\n\n{_HEAD}{''.join(rows)}"


if __name__ == "__main__":
    print(tables(), end="")
