"""How a command ends when it cannot do what it was asked."""

FINDINGS = 1
USAGE = 2
BROKER = 3
TOPOLOGY = 4


class CommandFailed(Exception):
    """Raised by a command; `main` prints its text on standard error and exits with its code.

    The text is for the person who called the command: one clear line, or a few.
    """

    def __init__(self, message: str, code: int = USAGE) -> None:
        super().__init__(message)
        self.code = code
