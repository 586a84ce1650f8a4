"""How a command ends when it cannot do what it was asked."""

FINDINGS = 1
USAGE = 2
BROKER = 3
TOPOLOGY = 4
INTERRUPTED = 130


class CommandFailed(Exception):
    """Raised where the person who called the command has to hear of it.

    The command prints its text on standard error, one clear line or a few, and exits with its code.
    """

    def __init__(self, message: str, code: int = USAGE) -> None:
        super().__init__(message)
        self.code = code
