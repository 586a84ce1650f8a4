import stat

import pytest

from worker.private_file import write_private_file


def test_a_link_stays_a_link(tmp_path):
    """Writing to a link replaces what it stands for."""
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    write_private_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o600


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    """When writing fails the old file is as it was, and nothing lies beside it."""
    (tmp_path / "keys").write_bytes(b"old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_private_file(tmp_path / "keys", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]
    assert (tmp_path / "keys").read_bytes() == b"old"
