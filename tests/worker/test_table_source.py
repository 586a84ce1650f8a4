import pytest

from routing.table import RoutingTable
from worker.config_file import load_config
from worker.file_mark import file_mark
from worker.settings import Settings
from worker.table_source import Candidate, Refused, TableSource


@pytest.fixture
def source(tmp_path):
    """Makes the source of a process that was started with a file, flags and variables."""

    def start(text="model: m", flags=None, **environ) -> TableSource:
        path = tmp_path / "t.yaml"
        path.write_text(text, encoding="utf-8")
        flags = flags or {}
        config = load_config(path, environ)
        settings = config.settings(flags, environ)
        return TableSource(path, config, settings, flags, environ, file_mark(path))

    return start


def after(source: TableSource, text: str) -> Candidate | Refused | None:
    source.path.write_text(text, encoding="utf-8")
    return source.look(source.table)


def restart(source: TableSource, text: str) -> tuple[str, ...]:
    found = after(source, text)
    assert isinstance(found, Candidate)
    return found.restart


def problems(source: TableSource, text: str) -> tuple[str, ...]:
    found = after(source, text)
    assert isinstance(found, Refused)
    return found.problems


def test_the_table_in_use_is_nothing_new(source):
    """A file with the bytes of the table in use is not a candidate, whatever the file was meanwhile."""
    started = source()
    assert started.look(started.table) is None
    found = after(started, "model: other")
    assert isinstance(found, Candidate)
    table: RoutingTable = found.router.table
    assert started.look(table) is None
    assert isinstance(after(started, "model: m"), Candidate) is False


def test_a_candidate_brings_its_warnings(source):
    """A table with warnings can be taken, and they are lines as `check` has them."""
    found = after(source(), "{model: m, platforms: {hub: {}}, overrides: {nobody: any}}")
    assert isinstance(found, Refused)
    found = after(source("model: m\ntrust: open"), "model: n\ntrust: open")
    assert isinstance(found, Candidate)
    assert "t.yaml:2:1: warning: `trust: open`" in found.warnings[0]


def test_a_file_with_errors_is_refused_with_every_error(source):
    """What is refused has a line for each error, with its place, and no warnings."""
    lines = problems(source("model: m\ntrust: open"), "x: y\ntrust: open\nz: 1\nmodel: m")
    assert [line.partition("t.yaml:")[2].split(":")[0] for line in lines] == ["1", "3"]


def test_a_missing_file_is_refused(source):
    """A file that is gone is one problem."""
    started = source()
    started.path.unlink()
    found = started.look(started.table)
    assert isinstance(found, Refused)
    assert "cannot be read" in found.problems[0]


@pytest.mark.parametrize(("before", "now"), [("exchange", "open"), ("open", "exchange")])
def test_another_trust_is_refused(source, before, now):
    """Whom to believe takes a restart, in either direction, and the line says what is and was."""
    (line,) = problems(source(f"model: m\ntrust: {before}"), f"model: m\ntrust: {now}")
    assert f"`trust` is {now} here, and the worker was started with {before}" in line


def test_other_conversations_are_refused(source):
    """Which conversation a message belongs to takes a restart: its turn id hangs on it."""
    (line,) = problems(source("model: m"), "model: m\ngroup_conversations: shared")
    assert "`group_conversations` is shared here, and the worker was started with per_user" in line


@pytest.mark.parametrize("name", sorted({*Settings.names()} - {"worker_id", "amqp_url", "http"}))
def test_every_setting_that_differs_is_named(source, name):
    """Whatever setting a file states otherwise than the process has it is named."""
    values = {
        "queue_type": "classic",
        "log_format": "text",
        "log_level": "error",
        "turns_single_active": "true",
        "retry_backoff_min": "60ms",
        "reconnect_backoff_min": "210ms",
        "prefix": "x",
        "amqp_verify": "false",
        "console": "false",
        "log_rate": "3/s",
        "isolated_rate": "3MiB/s",
    }
    stated = values.get(name, "9" if name in {"auth_timeout", "window_age"} else "3")
    started = source(flags={"amqp_url": "amqps://broker/", "amqp_cert_file": "ours.pem"})
    if name == "amqp_cert_file":
        started = source(flags={"amqp_url": "amqps://broker/"})
    assert restart(started, f"model: m\nworker: {{{name}: {stated}}}") == (name,)


def test_a_setting_stated_as_it_is_needs_no_restart(source):
    """Only values count: a default that is written out changes nothing, nor does what a flag or variable overrules."""
    started = source(flags={"prefetch": "5"}, POINTSMAN_HTTP="none")
    text = "{model: m, worker: {partitions: 8, prefetch: 9, http: 'none', heartbeat: 10s}}"
    assert restart(started, text) == ()


def test_a_drawn_worker_id_is_no_change(source):
    """A name drawn at random stays; one that the file brings, or takes away, is a change."""
    assert restart(source(), "model: other") == ()
    assert restart(source(), "{model: m, worker: {worker_id: w}}") == ("worker_id",)
    named = source("{model: m, worker: {worker_id: w}}")
    assert restart(named, "model: m") == ("worker_id",)


def test_settings_that_do_not_go_with_the_flags_are_refused(source):
    """What could not be started with cannot be reloaded either."""
    started = source(flags={"retry_backoff_min": "5s"}, POINTSMAN_RETRY_BACKOFF_MAX="6s")
    assert restart(started, "{model: n, worker: {retry_backoff_max: 3s}}") == ()
    lonely = source("{model: m, worker: {retry_backoff_max: 9s}}", {"retry_backoff_min": "5s"})
    (line,) = problems(lonely, "model: m # back to 2 s")
    assert "retry_backoff_min is longer than retry_backoff_max" in line


def test_another_platform_that_is_isolated_is_refused(source):
    """Which queues are consumed takes a restart, in either direction."""
    isolated = "model: m\nplatforms: {x: {isolated: true}}"
    (line,) = problems(source("model: m"), isolated)
    assert "`isolated` is x here, and the worker was started with no platform" in line
    (line,) = problems(source(isolated), "model: m")
    assert "`isolated` is no platform here, and the worker was started with x" in line


SIGNED = "{model: m, platforms: {webhook: {signing_keys: {k1: %s}}}}"


def test_a_table_whose_keys_are_not_here_is_refused(source, tmp_path):
    """A signing key that cannot be had refuses the table, in the words of a start; any other is taken."""
    (tmp_path / "key").write_text("k" * 31, encoding="utf-8")
    started = source()
    (line,) = problems(started, SIGNED % "env:NO_SUCH_KEY")
    assert line == (
        f"{started.path}: error: `platforms.webhook.signing_keys.k1`: the key env:NO_SUCH_KEY is"
        " not here (the variable is not set, empty, or not UTF-8)"
    )
    found = after(started, SIGNED % f"'file:{tmp_path}/key'")
    assert isinstance(found, Candidate)
    assert "the key has 31 bytes" in found.warnings[-1]
