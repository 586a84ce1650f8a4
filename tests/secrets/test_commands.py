import json

import pytest

from routing.load_table import _KEYS as SECTIONS
from tests.secrets.commands import CALLS, WITH_A_BROKER, output_of, ways_out, write_files
from tests.secrets.marker import found
from tests.secrets.places import TABLE, TABLE_WITHOUT, VARIABLES, Written


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a secret in every place, and the secrets."""
    folder, written = tmp_path_factory.mktemp("secrets"), Written()
    write_files(folder, written)
    return folder, written


@pytest.fixture
def call(place, monkeypatch):
    """Runs `pointsman` in that folder; returns all it writes, on its outputs and in new files."""
    folder, written = place
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "1000")
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, written.fill(value, name))

    def run(arguments):
        before = set(folder.iterdir())
        shown = output_of(arguments)
        new = set(folder.iterdir()) - before
        # The one that may hold keys is for runners, and nobody else may read it.
        made = [each for each in new if each.is_file() and each.name != "exported.json"]
        return b"\n".join([shown, *(each.read_bytes() for each in made)])

    return run


def test_every_command_is_called_in_every_format():
    """A new command, or a new format of one, has to be searched as well."""
    missing = [
        (name, form)
        for name, form in ways_out()
        if not any(
            call.startswith(f"{name} ".strip()) and (form is None or f"--format={form}" in call)
            for call in (*CALLS, *WITH_A_BROKER)
        )
    ]
    assert not missing


@pytest.mark.parametrize("arguments", CALLS)
def test_no_command_shows_a_secret(arguments, call, place):
    """With a secret in every place, none is in what a command writes, and only jobs say what was said."""
    shown = call(arguments)
    assert shown.strip()
    _, written = place
    assert found(shown, written.secrets) == []
    if not arguments.startswith("route "):
        # What rules may ask for is what an explanation is made of.
        told = {"message.metadata.any"} if arguments.startswith("explain") else set()
        assert set(found(shown, written.said)) <= told


def test_the_one_file_with_keys_is_for_its_owner_alone(call, place):
    """Exported keys are all those written out in the table, in a file of mode 0600."""
    folder, written = place
    call("credentials export --output=exported.json")
    exported = folder / "exported.json"
    assert exported.stat().st_mode & 0o777 == 0o600
    in_it = found(exported.read_bytes(), written.secrets)
    assert in_it
    assert all(each.startswith("pointsman.yaml.") for each in in_it)


def test_every_section_of_a_table_is_searched():
    """A new section of the table has to say which secrets can be written there, or why none."""
    assert {*TABLE, *TABLE_WITHOUT} == {*SECTIONS}
    assert not TABLE.keys() & TABLE_WITHOUT.keys()


def test_a_route_says_what_was_said(call, place):
    """The jobs of `route` hold what people said, so that searching for it means something."""
    lines = call("route captured.jsonl --trust=open").splitlines()
    answers = [json.loads(line) for line in lines if line.startswith(b"{")]
    assert sum("turn_id" in answer for answer in answers) >= 4
    _, written = place
    said = found(json.dumps(answers), written.said)
    assert {"message.text", "message.unknown.any", "frame.data.text"} <= set(said)
