import socket

from worker.demo.free_port import free_port, port_near


def test_a_port_that_is_taken_is_not_the_one():
    """The wanted port is had if nobody listens there, and another one if somebody does."""
    wanted = free_port()
    assert port_near(wanted) == wanted
    with socket.create_server(("127.0.0.1", wanted)):
        other = port_near(wanted)
        assert other != wanted
        with socket.create_server(("127.0.0.1", other)):
            pass
