import json
import sys

import pytest

from worker.cli.app import main


@pytest.fixture
def topology(tmp_path, monkeypatch, capsys):
    """Runs `pointsman topology` in a folder with a table; returns exit code, output and errors."""
    (tmp_path / "pointsman.yaml").write_text("model: m\nworker: {prefix: file.}\n", "utf-8")
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["pointsman", "topology", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return call


@pytest.mark.parametrize("command", [(), ("show",)])
def test_settings_that_shape_the_topology_are_flags(command, topology):
    """Prefix, partitions and kind of queue may be given on the command line, before the file's."""
    flags = ("--prefix", "blue.", "--partitions", "2", "--queue-type", "classic")
    code, out, err = topology(*command, *flags, "--format", "json")
    assert (code, err) == (0, "")
    queues = {queue["name"]: queue["arguments"] for queue in json.loads(out)["queues"]}
    assert queues.keys() == {"blue.inbound.0", "blue.inbound.1", "blue.turns.m", "blue.dead"}
    assert "quorum" not in json.dumps(queues)


@pytest.mark.parametrize("flag", ["--prefix", "--config", "--format"])
def test_a_flag_in_the_wrong_place_is_refused(flag, topology):
    """What stands before `apply` would count for nothing, so it is an error that says where to."""
    code, out, err = topology(flag, "json", "apply")
    assert (code, out) == (2, "")
    assert err == f"pointsman: {flag} before `apply` would count for nothing: give it at the end\n"


def test_the_configuration_may_come_from_the_environment(topology, monkeypatch):
    """A variable that names the file is no flag in the wrong place."""
    monkeypatch.setenv("POINTSMAN_CONFIG", "pointsman.yaml")
    assert topology("show")[0] == 0
