"""How a broker says that it is ready: the first frame of the AMQP handshake."""

import socket

_PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
_FRAME_HEADER_SIZE = 7
_METHOD_FRAME = 1


def amqp_greeting(port: int, timeout: float = 2.0) -> bytes:
    """What the broker on 127.0.0.1:`port` greets a client with; empty if none answers in time.

    The bytes are the payload of `connection.start`, the broker's own properties among them. A
    RabbitMQ node opens its listener last, so a node that greets is ready.
    """
    try:
        with socket.create_connection(("127.0.0.1", port), timeout) as connection:
            connection.sendall(_PROTOCOL_HEADER)
            with connection.makefile("rb") as frames:
                header = frames.read(_FRAME_HEADER_SIZE)
                if len(header) < _FRAME_HEADER_SIZE or header[0] != _METHOD_FRAME:
                    return b""
                return frames.read(int.from_bytes(header[3:]))
    except OSError:
        return b""
