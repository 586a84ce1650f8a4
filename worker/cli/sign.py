"""`pointsman sign`: the signature of a message, made or checked."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from contracts import SIGNATURE_HEADER, Signature, SignatureError
from contracts import sign as make_signature
from contracts.signature import SHORT_KEY
from routing.expand import NAME
from worker.cli.output_format import OutputFormat
from worker.failure import FINDINGS, CommandFailed
from worker.pipeline.judge_signature import KeyNotHere
from worker.signing_keys import SigningKeys


def sign(
    message_id: Annotated[
        str, typer.Option("--message-id", metavar="TEXT", help="The AMQP property message_id.")
    ],
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="The body, byte for byte; - is standard input."),
    ] = "-",
    kid: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="What the table calls the key, under `signing_keys:`."),
    ] = None,
    key_env: Annotated[
        str | None, typer.Option(metavar="NAME", help="The variable that holds the key.")
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option(metavar="PATH", help="The file that holds the key.")
    ] = None,
    ts: Annotated[
        int | None,
        typer.Option(metavar="SECONDS", help="Sign, or verify, as at this Unix time, not now."),
    ] = None,
    verify: Annotated[
        str | None, typer.Option(metavar="HEADER", help="Check this signature; make none.")
    ] = None,
    output: Annotated[OutputFormat, typer.Option("--format")] = OutputFormat.TEXT,
) -> None:
    """Sign a message: print the value of its header x-signature, good for five minutes.

    What is signed is the body, byte for byte (a line end at the end counts), with
    the AMQP message_id and the time. The key is the text of the variable or the
    file without white space around it. It is never an argument, which other users
    of the machine could read. With --format json the message_id comes along:
    {"message_id", "headers"}, as the properties of an envelope for route.

    With --verify it says whether a signature is good, or which part of it is not.

    Exit codes: 0 signed, or valid; 1 not valid; 2 it cannot be signed.

    Example:  pointsman sign body.json --kid k1 --key-env WEBHOOK_KEY --message-id m-1

    Example:  pointsman sign body.json --key-file key.txt --message-id m-1 --verify "$HEADER"
    """
    key = _key(key_env, key_file)
    body = _read(file)
    now = time.time() if ts is None else ts
    if verify is not None:
        _show(_verified(verify, kid, key, message_id, body, now), output)
        return
    if kid is None:
        raise CommandFailed("which key is it? --kid says what the table calls it")
    try:
        value = make_signature(key, kid, message_id, body, int(now))
    except SignatureError as error:
        raise CommandFailed(str(error)) from None
    if len(key) < SHORT_KEY:
        warning = f"the key has {len(key)} bytes; a strong one has {SHORT_KEY}"
        sys.stderr.write(f"pointsman: warning: {warning}\n")
    if output is OutputFormat.JSON:
        made = {"message_id": message_id, "headers": {SIGNATURE_HEADER: value}}
        value = json.dumps(made, ensure_ascii=False)
    sys.stdout.write(f"{value}\n")


def _verified(
    header: str, kid: str | None, key: bytes, message_id: str, body: bytes, now: float
) -> Signature:
    try:
        signature = Signature.parse(header)
        signature.verify(key, message_id, body, now)
    except SignatureError as error:
        raise CommandFailed(str(error), FINDINGS) from None
    if kid not in {None, signature.kid}:
        raise CommandFailed("the kid is another than --kid says", FINDINGS)
    return signature


def _show(signature: Signature, output: OutputFormat) -> None:
    if output is OutputFormat.JSON:
        told = {"valid": True, "kid": signature.kid, "ts": signature.ts}
        sys.stdout.write(json.dumps(told) + "\n")
        return
    sys.stdout.write(f"valid: signed with {signature.kid} at {signature.ts}\n")


def _key(name: str | None, path: Path | None) -> bytes:
    """Return the key. No message quotes what was given: it may be the key itself."""
    if (name is None) == (path is None):
        raise CommandFailed("which key? give --key-env NAME or --key-file PATH, one of them")
    if name is not None and not NAME.fullmatch(name):
        raise CommandFailed("--key-env is the name of a variable: letters, digits and `_`")
    reference = f"file:{path}" if name is None else f"env:{name}"
    try:
        return SigningKeys(os.environ)(reference)
    except KeyNotHere as error:
        option = "--key-file" if name is None else "--key-env"
        raise CommandFailed(f"{option}: there is no key: {error.why}") from None


def _read(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise CommandFailed(f"{file}: {error.strerror}") from None
