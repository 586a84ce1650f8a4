"""What a worker on this machine says of itself."""

import json
import urllib.error
import urllib.request
from typing import Any

_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - to ask, not to listen
_MOST = 1_000_000


def ready_answer(address: tuple[str, int], timeout: float) -> dict[str, Any] | None:
    """Return the body of `/ready`; None if nobody answers there, or somebody else does."""
    host, port = address
    host = _EVERYWHERE.get(host, host)
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/ready"
    # No proxy: the worker is here.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        try:
            with opener.open(url, timeout=timeout) as response:
                body = response.read(_MOST)
        except urllib.error.HTTPError as error:
            with error:
                body = error.read(_MOST)
        answer = json.loads(body)
    except (OSError, ValueError):
        return None
    return answer if isinstance(answer, dict) and "ready" in answer else None
