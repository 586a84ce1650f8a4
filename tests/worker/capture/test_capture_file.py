import stat

import pytest

from worker.capture.capture_file import OthersMayRead, open_capture_file, write_line


def test_a_new_file_is_its_owners_alone(tmp_path):
    """It has mode 0600, and each line is there as soon as it is written."""
    path = tmp_path / "captured"
    with open_capture_file(path) as file:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        write_line(file, b"1")
        assert path.read_bytes() == b"1\n"


@pytest.mark.parametrize(("there", "then"), [(b"", b"2\n"), (b"1\n", b"1\n2\n"), (b"1", b"1\n2\n")])
def test_lines_are_added_to_what_is_there(there, then, tmp_path):
    """What was captured before stays, and a line that was cut off is ended first."""
    path = tmp_path / "captured"
    path.write_bytes(there)
    path.chmod(0o600)
    with open_capture_file(path) as file:
        write_line(file, b"2")
    assert path.read_bytes() == then


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_may_read_is_refused(mode, tmp_path):
    """Nothing is captured where somebody else could read it."""
    path = tmp_path / "captured"
    path.touch()
    path.chmod(mode)
    with pytest.raises(OthersMayRead):
        open_capture_file(path)
    assert path.read_bytes() == b""
