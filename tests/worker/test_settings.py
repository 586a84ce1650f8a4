from dataclasses import fields

import pytest

from worker.settings import SettingError, Settings


def loaded(**from_file: str) -> Settings:
    return Settings.load({}, {}, from_file)


def complaint_about(**from_file: str) -> str:
    with pytest.raises(SettingError) as caught:
        loaded(**from_file)
    return str(caught.value)


def test_a_url_in_another_settings_place_is_not_quoted():
    """Whoever mixes up two settings does not have a password told."""
    for name in ("http", "log_level", "heartbeat", "max_body", "partitions", "log_rate"):
        said = complaint_about(**{name: "amqp://user:canary-word@broker/"})
        assert said.startswith(f"worker.{name}: what it says is not")
        assert "canary" not in said


def test_the_defaults_are_the_documented_ones():
    """Without a word from anybody, every setting has the value that the table of settings gives."""
    settings = loaded()
    found = {entry.name: getattr(settings, entry.name) for entry in fields(Settings)}
    assert found.pop("worker_id")
    assert found == {
        "amqp_url": ("amqp://guest:guest@127.0.0.1/",),
        "amqp_password_file": None,
        "amqp_ca_file": None,
        "amqp_cert_file": None,
        "amqp_key_file": None,
        "amqp_verify": True,
        "http": ("127.0.0.1", 8080),
        "console": True,
        "console_token_file": None,
        "partitions": 8,
        "prefetch": 100,
        "isolated_prefetch": 20,
        "isolated_rate": 2**20,
        "isolated_max_length": 10_000,
        "isolated_max_bytes": 64 * 2**20,
        "publish_timeout": 10.0,
        "heartbeat": 10,
        "max_body": 2**20,
        "memory_in_hand": 256 * 2**20,
        "prefix": "",
        "queue_type": "quorum",
        "log_format": "auto",
        "log_level": "info",
        "log_rate": None,
        "lane_deadline": 60.0,
        "retry_backoff_min": 0.05,
        "retry_backoff_max": 2.0,
        "reconnect_backoff_min": 0.2,
        "reconnect_backoff_max": 2.0,
        "auth_timeout": 60.0,
        "drain_timeout": 20.0,
        "window_count": 100_000,
        "window_age": 600.0,
        "max_hops": 8,
        "watchdog": 60.0,
        "turns_single_active": False,
        "turns_max_length": None,
    }


def test_a_flag_comes_before_the_environment_before_the_file():
    """Of several places that state a setting, the one closest to the person wins."""
    flags: dict[str, str | None] = {"prefetch": "1"}
    environ, from_file = {"POINTSMAN_PREFETCH": "2"}, {"prefetch": "3"}
    assert Settings.load(flags, environ, from_file).prefetch == 1
    assert Settings.load({"prefetch": None}, environ, from_file).prefetch == 2
    assert Settings.load({}, {}, from_file).prefetch == 3
    assert Settings.load({}, {"PREFETCH": "2", "pointsman_prefetch": "2"}, {}).prefetch == 100


@pytest.mark.parametrize(
    ("place", "sources"),
    [
        ("--max-hops", ({"max_hops": "x"}, {}, {})),
        ("POINTSMAN_MAX_HOPS", ({}, {"POINTSMAN_MAX_HOPS": "x"}, {})),
        ("worker.max_hops", ({}, {}, {"max_hops": "x"})),
    ],
)
def test_a_complaint_says_where_it_was_set(place, sources):
    """A value that cannot be used is refused with the place where it was set."""
    with pytest.raises(SettingError, match=f"^{place}: "):
        Settings.load(*sources)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("partitions", "0"),
        ("partitions", "1025"),
        ("prefetch", "0"),
        ("prefetch", "65536"),
        ("prefetch", "ten"),
        ("heartbeat", "0"),
        ("publish_timeout", "0"),
        ("lane_deadline", "-1s"),
        ("drain_timeout", "soon"),
        ("max_body", "1MB"),
        ("queue_type", "stream"),
        ("log_format", "xml"),
        ("log_level", "INFO"),
        ("log_rate", "100"),
        ("log_rate", "0/s"),
        ("log_rate", "5/min"),
        ("isolated_rate", "1MiB"),
        ("isolated_rate", "63KiB/s"),
        ("isolated_rate", "fast/s"),
        ("http", "localhost"),
        ("http", "127.0.0.1:"),
        ("http", "127.0.0.1:99999"),
        ("turns_single_active", "perhaps"),
        ("turns_max_length", "0"),
        ("prefix", "x" * 61),
        ("amqp_url", ""),
        ("amqp_url", ","),
        ("amqp_url", "http://x/"),
        ("amqp_url", "amqp://a/,b"),
    ],
)
def test_what_cannot_be_used_is_refused(name, text):
    """A value outside of what a setting can be is refused, here as well as by `check`."""
    assert complaint_about(**{name: text}).startswith(f"worker.{name}: ")
    assert Settings.check(name, text)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("http", "none", None),
        ("http", "off", None),
        ("http", "8081", ("127.0.0.1", 8081)),
        ("http", "[::1]:80", ("::1", 80)),
        ("http", ":9000", ("127.0.0.1", 9000)),
        ("http", "0.0.0.0:0", ("0.0.0.0", 0)),
        ("turns_single_active", "Yes", True),
        ("turns_single_active", "0", False),
        ("turns_max_length", "none", None),
        ("turns_max_length", "500", 500),
        ("log_rate", "100/s", 100),
        ("log_rate", "none", None),
        ("isolated_rate", "64KiB/s", 64 * 1024),
        ("isolated_rate", "2MiB/s", 2 * 2**20),
        ("auth_timeout", "0", 0.0),
        ("window_count", "0", 0),
        ("amqp_url", "amqp://a/x, amqps://b/y", ("amqp://a/x", "amqps://b/y")),
        ("prefix", "team-a.", "team-a."),
        ("max_body", "2MiB", 2**21),
    ],
)
def test_what_can_be_used_is_parsed(name, text, value):
    """Each kind of setting is read into the value that it means."""
    assert getattr(loaded(**{name: text}), name) == value
    assert Settings.check(name, text) is None


def test_a_bad_broker_url_is_not_quoted():
    """A broker URL holds a password, so a complaint about one does not repeat it."""
    assert "canary" not in complaint_about(amqp_url="http://u:canary@host/")


def test_settings_do_not_show_the_broker_url():
    """Printing the settings shows no broker URL, since that holds a password."""
    settings = loaded(amqp_url="amqp://u:canary@host/")
    assert "canary" not in repr(settings)
    assert "canary" not in str(settings)


@pytest.mark.parametrize("pair", ["retry_backoff", "reconnect_backoff"])
def test_the_shortest_wait_is_not_longer_than_the_longest(pair):
    """Two bounds the wrong way round are refused, by name."""
    complaint = complaint_about(**{f"{pair}_min": "3s", f"{pair}_max": "2s"})
    assert f"{pair}_min" in complaint
    assert f"{pair}_max" in complaint


def test_each_process_names_itself():
    """Without a worker id of their own, two processes on one host have two."""
    assert loaded().worker_id != loaded().worker_id
    assert loaded(worker_id="a").worker_id == "a"


def test_every_setting_has_a_line_of_help():
    """Every setting can be listed with what it means."""
    for name in Settings.names():
        assert Settings.help(name)


@pytest.mark.parametrize(
    "url",
    [
        "amqp://user:1234/canary@127.0.0.1/",
        "amqp://user:1234#canary@127.0.0.1/",
        "amqp://user:canary@host:notaport/",
        "amqp://user:canary@[::1/",
        "amqp://",
    ],
)
def test_a_broker_url_that_cannot_be_read_is_refused_unquoted(url):
    """A URL that ends early, or has no host or port, is a usage error, and is never quoted."""
    wrong = Settings.check("amqp_url", url)
    assert wrong is not None
    assert "canary" not in wrong


@pytest.mark.parametrize(
    "option", ["no_verify_ssl=1", "cafile=/x", "certfile", "heartbeat=5&capath=/x"]
)
def test_a_url_does_not_say_how_tls_is_verified(option):
    """A URL with an option of TLS is refused, in words that name the settings and not the URL."""
    said = complaint_about(amqp_url=f"amqps://user:canary@broker/?{option}")
    assert "TLS is set by amqp_ca_file" in said
    assert "canary" not in said
