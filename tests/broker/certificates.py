"""Certificates for a test, made by the openssl command when they are asked for."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key, in files."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates; `file` is what whoever trusts it is given."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        key, self.file = folder / f"{name}.key", folder / f"{name}.pem"
        self._own = Certificate(self.file, key)
        subject = ["-subj", f"/CN={name}", "-days", "2"]
        _openssl("req", "-x509", *_NEW_KEY, "-keyout", key, "-out", self.file, *subject)

    def sign(self, name: str, host: str, *, expired: bool = False) -> Certificate:
        """Return a certificate for a host, such as `DNS:localhost` or `IP:127.0.0.1`."""
        made = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request, extra = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        extra.write_text(f"subjectAltName={host}\n")
        _openssl("req", *_NEW_KEY, "-keyout", made.key, "-out", request, "-subj", f"/CN={name}")
        signer: list[str | Path] = [
            "-CA",
            self._own.certificate,
            "-CAkey",
            self._own.key,
            "-CAcreateserial",
        ]
        days = ["-days", "-1" if expired else "2"]
        _openssl("x509", "-req", "-in", request, *signer, *days, "-extfile", extra,
                 "-out", made.certificate)  # fmt: skip
        return made


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
