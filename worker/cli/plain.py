"""Text that other people wrote, on its way to a terminal."""


def plain(text: str) -> str:
    """Return the text as one that does to a terminal what it looks like."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
