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


def test_an_isolated_platform_has_a_queue_of_its_own(topology, tmp_path):
    """Its exchange leads to its own bounded queue, all others to the partitions, in every form it is shown in."""
    (tmp_path / "pointsman.yaml").write_text(
        "model: m\nworker: {prefix: p., partitions: 2, isolated_max_length: 7}\n"
        "platforms: {'0': {isolated: true}, repartition: {isolated: true}, x: {isolated: false}}\n",
        "utf-8",
    )
    code, out, _ = topology("--format", "json")
    planned = json.loads(out)
    own = {
        q["name"]: q["arguments"] for q in planned["queues"] if q["name"].startswith("p.inbound")
    }
    assert (code, [*own]) == (
        0,
        ["p.inbound@0", "p.inbound@repartition", "p.inbound.1", "p.inbound.0"],
    )
    shared = own["p.inbound.0"]
    bounded = {**shared, "x-max-length": 7, "x-max-length-bytes": 64 * 2**20}
    assert own["p.inbound@0"] == own["p.inbound@repartition"] == bounded
    ways = {each["source"]: each["destination"] for each in planned["bindings"]}
    assert ways["p.in.0"] == "p.inbound@0"
    assert ways["p.in.repartition"] == "p.inbound@repartition"
    assert ways["p.in.x"] == ways["p.in.cron"] == "p.inbound"
    _, text, _ = topology()
    assert "p.inbound@repartition" in text


def test_messages_are_not_drained_without_the_keys_that_sign_them(topology, tmp_path):
    """A repartition would make dead letters of all that is signed, so without a key it does not begin."""
    text = "model: m\nplatforms: {webhook: {signing_keys: {k1: env:NO_SUCH_KEY}}}\n"
    (tmp_path / "pointsman.yaml").write_text(text, encoding="utf-8")
    code, out, err = topology("repartition", "4", "--apply")
    assert (code, out) == (2, "")
    assert "`platforms.webhook.signing_keys.k1`: the key env:NO_SUCH_KEY is not here" in err


def test_lines_are_as_wide_as_columns_says(topology, monkeypatch):
    """Where COLUMNS says how wide lines may be, what is piped is no wider; nothing is cut."""
    monkeypatch.setenv("COLUMNS", "60")
    _, out, _ = topology("--partitions", "2")
    assert max(map(len, out.splitlines())) <= 60
    monkeypatch.delenv("COLUMNS")
    _, out, _ = topology("--partitions", "2")
    assert max(map(len, out.splitlines())) > 100


def test_a_repartition_warns_of_a_misspelt_variable(topology, monkeypatch):
    """A variable that is no setting is told of before the broker is looked for."""
    monkeypatch.setenv("POINTSMAN_PARTITION", "4")
    code, _, err = topology("repartition", "4", "--amqp-url", "amqp://u:canary@127.0.0.1:1/")
    assert code == 3
    assert "warning: the variable POINTSMAN_PARTITION is not a setting" in err
    assert "canary" not in err
