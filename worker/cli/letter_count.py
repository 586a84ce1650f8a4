"""Numbers of letters, in words."""


def letters(count: int) -> str:
    """Return `1 letter`, `2 letters` and so on."""
    return "1 letter" if count == 1 else f"{count:,} letters"
