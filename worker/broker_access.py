"""What it takes to be let in by a broker, beside its URL."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from worker.broker_password import read_password
from worker.settings import Settings


@dataclass(frozen=True, slots=True)
class BrokerAccess:
    """Files, which are read again for each connection, so that they may rotate."""

    password_file: Path | None = None
    """The password of the user that a URL names."""
    ca_file: Path | None = None
    """Who signed the broker's certificate; None is whom the system trusts."""
    cert_file: Path | None = None
    """Our certificate, and those between it and its authority."""
    key_file: Path | None = None
    """Its key, without a passphrase; None is in the same file."""
    verify: bool = True

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return what the settings say."""
        return cls(
            password_file=_path(settings.amqp_password_file),
            ca_file=_path(settings.amqp_ca_file),
            cert_file=_path(settings.amqp_cert_file),
            key_file=_path(settings.amqp_key_file),
            verify=settings.amqp_verify,
        )

    def password(self) -> str | None:
        """Return what is in the password's file; None without one. Raises ValueError."""
        if self.password_file is None:
            return None
        try:
            return read_password(self.password_file)
        except ValueError:
            if self.password_file.parent != Path():
                raise
            # A bare name may be the password itself, written where its file belongs.
            what = "names no file that holds a password, one line of text"
            raise ValueError(f"amqp_password_file: {what}") from None

    def tls(self) -> ssl.SSLContext:
        """Return how to speak TLS: the broker has to show a certificate for its host's name.

        Raises ValueError, in one line, if a file cannot be used.
        """
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ValueError) as error:
            raise ValueError(_unusable("amqp_ca_file", self.ca_file, error)) from None
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.cert_file is not None:
            try:
                # An empty passphrase, or else OpenSSL asks for one on the terminal.
                context.load_cert_chain(self.cert_file, self.key_file, password="")
            except (OSError, ValueError) as error:
                where = self.key_file or self.cert_file
                raise ValueError(_unusable("amqp_cert_file", where, error)) from None
        return context


def contradiction(settings: Settings) -> str | None:
    """Return what does not go together in how the broker is to be reached, or None."""
    if settings.amqp_key_file is not None and settings.amqp_cert_file is None:
        return "amqp_key_file is set, and amqp_cert_file, whose key it is, is not"
    files = {
        "amqp_ca_file": settings.amqp_ca_file,
        "amqp_cert_file": settings.amqp_cert_file,
    }
    plain = [url for url in settings.amqp_url if not url.lower().startswith("amqps:")]
    for name, path in files.items():
        if path is not None and plain:
            return f"{name} is set, and amqp_url is not amqps:// throughout: that would be no TLS"
    return None


def unverified(settings: Settings) -> tuple[str, ...]:
    """Return a line to warn with if the broker's certificate is not looked at."""
    if settings.amqp_verify:
        return ()
    line = (
        "amqp_verify is off: whoever is on the way to the broker can read and write everything,"
        " this worker's password included"
    )
    return (line,)


def _path(text: str | None) -> Path | None:
    return Path(text) if text is not None else None


def _unusable(setting: str, path: Path | None, error: Exception) -> str:
    # OpenSSL names no file, and of a wrong passphrase it says `bad decrypt`.
    why = getattr(error, "strerror", None) or str(error)
    return f"{setting}: {path}: cannot be used: {why}"
