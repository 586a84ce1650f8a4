import pytest

from routing.setting import SETTING_NAMES
from worker.config_file import load_config
from worker.failure import USAGE, CommandFailed
from worker.settings import Settings


@pytest.fixture
def config(tmp_path):
    """Writes a file and loads it."""

    def load(text, **environ):
        path = tmp_path / "t.yaml"
        path.write_text(text, encoding="utf-8")
        return load_config(path, environ)

    return load


def test_the_table_knows_every_setting():
    """The names allowed in a file's `worker:` block are those of the settings."""
    assert set(SETTING_NAMES) == set(Settings.names())


def test_settings_come_from_flag_then_variable_then_file(config):
    """A flag beats a variable, a variable beats the file, the file beats the default."""
    loaded = config("model: m\nworker: {prefetch: 3, partitions: 4, prefix: '${P}'}", P="x.")
    environ = {"POINTSMAN_PREFETCH": "2", "POINTSMAN_PARTITIONS": "5"}
    settings = loaded.settings({"prefetch": "1", "partitions": None}, environ)
    assert (settings.prefetch, settings.partitions, settings.prefix) == (1, 5, "x.")
    assert settings.max_hops == 8


def test_a_setting_that_cannot_be_used_is_one_line(config):
    """A bad flag or variable is a failed command that names it."""
    loaded = config("model: m")
    with pytest.raises(CommandFailed, match=r"^POINTSMAN_PREFETCH: 'many'") as failed:
        loaded.settings({}, {"POINTSMAN_PREFETCH": "many"})
    assert failed.value.code == USAGE


def test_warnings_come_with_the_table(config):
    """A table with warnings is a table, and each warning is a line with the file's name."""
    (warning,) = config("model: m\ntrust: open").warnings
    assert "t.yaml:2:1: warning: `trust: open`" in warning


@pytest.mark.parametrize("text", ["", "model: [", "model: m\nworker: {prefetch: many}", "x: y"])
def test_a_file_with_errors_is_a_failed_command(config, text):
    """A file that cannot be used ends the command with exit code 2 and a line for each error."""
    with pytest.raises(CommandFailed, match=r"t\.yaml:\d+:\d+: error: ") as failed:
        config(text)
    assert failed.value.code == USAGE


def test_only_errors_end_a_command(config):
    """Warnings are not among the lines of a failed command."""
    with pytest.raises(CommandFailed) as failed:
        config("model: m\ntrust: open\nx: y")
    assert "warning" not in str(failed.value)


def test_a_loaded_file_shows_no_secret(config):
    """The repr of a loaded file has no key and no setting in it."""
    loaded = config(
        "model: {default: m, api_key: canary-1}\nworker: {amqp_url: 'amqp://u:canary-2@h'}"
    )
    assert loaded.written_keys == {"config:model.api_key": "canary-1"}
    assert "canary" not in repr(loaded)


def test_a_failing_test_does_not_keep_a_table_from_being_used(config):
    """What a command loads is not tried: its `tests:` fail, and the table is there."""
    loaded = config("model: m\ntests: [{given: {platform: x}, expect: {model: other}}]")
    assert loaded.table.base.model == "m"
    assert loaded.warnings == ()


def test_malformed_tests_keep_a_table_from_being_used(config):
    """A `tests:` block that cannot be read is an error as any other."""
    with pytest.raises(CommandFailed, match=r"t\.yaml:2:\d+: error: `tests\[0\]` has no `expect`"):
        config("model: m\ntests: [{given: {platform: x}}]")


def test_what_a_variable_holds_is_in_no_message(config):
    """A setting that a variable filled in is told by the name of the variable."""
    with pytest.raises(CommandFailed) as failed:
        config("model: m\nworker: {prefetch: '${CANARY}', watchdog: 'x${CANARY}'}", CANARY="canary")
    assert "what `${CANARY}` holds does not fit here" in str(failed.value)
    assert "canary" not in str(failed.value)
