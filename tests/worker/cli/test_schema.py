import json
import sys

import pytest

from contracts.schema import CONTRACTS, json_schema, schema_text
from worker.cli.app import main


@pytest.fixture
def schema(monkeypatch, capsys):
    """Runs `pointsman schema`; returns exit code, output and errors."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["pointsman", "schema", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return call


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_schema_by_name(name, schema):
    """A name prints that schema, as it is committed."""
    assert schema(name) == (0, schema_text(name), "")


def test_all_schemas(schema):
    """Without a name all schemas are printed, as one object."""
    code, out, _ = schema()
    assert code == 0
    assert json.loads(out) == {name: json_schema(name) for name in CONTRACTS}


def test_schemas_as_files(schema, tmp_path):
    """With a folder the schemas are written there, and their paths are printed."""
    folder = tmp_path / "new/folder"
    code, out, _ = schema("--output", folder)
    assert code == 0
    assert out.splitlines() == [str(folder / f"{name}.json") for name in CONTRACTS]
    for name in CONTRACTS:
        assert (folder / f"{name}.json").read_text(encoding="utf-8") == schema_text(name)


def test_one_schema_as_a_file(schema, tmp_path):
    """With a folder and a name only that schema is written."""
    schema("turn_job.v1", "-o", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["turn_job.v1.json"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("turn_job",), "did you mean turn_job.v1?"),
        (("zzz",), "there are inbound_message.v1 and turn_job.v1"),
        (("-o", "/dev/null"), "cannot write to /dev/null"),
    ],
)
def test_what_people_do_wrong_is_one_line(arguments, words, schema):
    """An unknown name or a folder that cannot be written ends with exit code 2 and one line."""
    code, out, err = schema(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1
