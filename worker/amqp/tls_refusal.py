"""Why a connection was refused where TLS was the reason."""

import ssl


def tls_refusal(error: BaseException) -> str | None:
    """Return in a few words what one of the two sides refuses; None if that is not the reason.

    A handshake that is merely cut off, as by a broker that stops, is not.
    """
    cause: BaseException | None = error
    seen: set[int] = set()
    while cause is not None and id(cause) not in seen:  # aiormq raises errors from themselves
        seen.add(id(cause))
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the broker's certificate is refused: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError) and (reason := cause.reason or ""):
            if "ALERT" in reason:
                return f"the broker refuses our side of TLS: {_words(reason)}"
            if reason == "WRONG_VERSION_NUMBER":
                return "the broker does not speak TLS on that port"
        cause = cause.__cause__ or cause.__context__
    return None


def _words(reason: str) -> str:
    """`TLSV13_ALERT_CERTIFICATE_REQUIRED` as words: `certificate required`."""
    return reason.partition("ALERT_")[2].replace("_", " ").lower() or reason
