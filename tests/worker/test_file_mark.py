from pathlib import Path

from worker.file_mark import file_mark, folders_of


def test_a_file_that_is_replaced_or_written_has_another_mark(tmp_path):
    """Rewriting, replacing and removing a file changes its mark, and looking at it does not."""
    path = tmp_path / "t.yaml"
    path.write_text("one")
    marks = [file_mark(path), file_mark(path)]
    path.write_text("other")
    marks.append(file_mark(path))
    (tmp_path / "new").write_text("other")
    (tmp_path / "new").rename(path)
    marks.append(file_mark(path))
    path.unlink()
    marks.append(file_mark(path))
    assert marks[0] == marks[1]
    assert len(set(marks)) == 4
    assert marks[-1] is None


def test_a_link_that_is_turned_gives_another_mark(tmp_path):
    """The mark is that of the file at the end of all links, though both have the same content."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "t.yaml").write_text("same")
    (tmp_path / "now").symlink_to("a")
    before = file_mark(tmp_path / "now" / "t.yaml")
    (tmp_path / "now").unlink()
    (tmp_path / "now").symlink_to("b")
    assert file_mark(tmp_path / "now" / "t.yaml") != before


def test_the_folder_of_every_link_is_watched(tmp_path):
    """The folders are those of the file and of each link on the way to it, the start of it first."""
    mount, far = tmp_path / "mount", tmp_path / "far"
    (mount / "..1").mkdir(parents=True)
    far.mkdir()
    (mount / "..1" / "t.yaml").write_text("t")
    (mount / "..data").symlink_to("..1")
    (mount / "t.yaml").symlink_to("..data/t.yaml")
    (far / "t.yaml").symlink_to(mount / "t.yaml")
    found = folders_of(far / "t.yaml")
    assert found[0] == far
    assert set(found) >= {far, mount, mount / "..1"}
    assert all(folder.is_dir() for folder in found)


def test_folders_are_found_where_there_is_no_file(tmp_path, monkeypatch):
    """A missing file has its folder, a missing folder is left out, and a ring of links ends."""
    monkeypatch.chdir(tmp_path)
    assert folders_of(Path("t.yaml")) == (tmp_path,)
    assert folders_of(tmp_path / "gone" / "t.yaml") == ()
    (tmp_path / "ring").symlink_to("ring")
    assert folders_of(tmp_path / "ring") == (tmp_path,)
