"""A worker whose password is in a file, on a real broker."""

from typing import Any

from tests.broker.service import PointsmanRun, wait_until

TABLE = "model: m"


def test_a_password_may_change_while_a_worker_runs(own_broker, tmp_path):
    """After the password has changed, on the broker and in the file, the worker is ready again."""
    node = own_broker()
    file = tmp_path / "password"
    file.write_text("guest\n", encoding="utf-8")
    url = f"amqp://guest@127.0.0.1:{node.port}/"
    with PointsmanRun(url, TABLE, tmp_path, amqp_password_file=str(file)) as run:
        node.rabbitmqctl("change_password", "guest", "another/one@#%")
        node.close_all_connections()
        run.wait_for_log("broker lost")
        file.write_text("another/one@#%\n", encoding="utf-8")
        wait_until(lambda: len(run.logged("consuming")) == 2, "it consumes again")
        run.wait_ready()
        assert "another" not in run.text


def test_a_password_that_cannot_be_read_is_told_of(tmp_path):
    """Without its password's file a run ends with 3 once `auth_timeout` is over, in one line."""
    settings: dict[str, Any] = {
        "amqp_password_file": str(tmp_path / "missing"),
        "auth_timeout": "0.1s",
    }
    run = PointsmanRun("amqp://u@127.0.0.1:1/", TABLE, tmp_path, **settings)
    run.wait_exit(3)
    (line,) = run.complaints
    assert "missing: cannot be read: No such file or directory" in line
    assert "Traceback" not in run.text


def test_a_password_in_two_places_is_the_files(own_broker, tmp_path):
    """Where the URL has a password as well, the file's counts."""
    node = own_broker()
    file = tmp_path / "password"
    file.write_text("guest", encoding="utf-8")
    url = f"amqp://guest:canary@127.0.0.1:{node.port}/"
    with PointsmanRun(url, TABLE, tmp_path, amqp_password_file=str(file)):
        pass
