"""compose.yaml and the Dockerfile, as far as they can be checked without an engine."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from worker.config_file import load_config

ROOT = Path(__file__).parent.parent
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
OURS = ("worker", "feed", "runner")


def instruction(name):
    """What follows an instruction each time it stands in the Dockerfile, continuations joined."""
    return re.findall(rf"(?m)^{name} (.*)$", DOCKERFILE.replace("\\\n", " "))


def mounts():
    """Each mount: the service, the path here, the path there, how."""
    for name, service in SERVICES.items():
        for volume in service.get("volumes", ()):
            yield name, *volume.split(":")


def test_the_broker_has_the_hash_exchange():
    """RabbitMQ starts with the consistent hash exchange, which `inbound` is made of."""
    (mount,) = SERVICES["rabbitmq"]["configs"]
    assert mount["target"] == "/etc/rabbitmq/enabled_plugins"
    content = COMPOSE["configs"][mount["source"]]["content"]
    assert re.fullmatch(r"\[[a-z_, ]+\]\.", content)
    assert "rabbitmq_consistent_hash_exchange" in content


def test_the_broker_is_a_pinned_rabbitmq_4():
    """The broker is RabbitMQ 4 at a stated minor version."""
    assert re.fullmatch(r"rabbitmq:4\.\d+(\.\d+)?", SERVICES["rabbitmq"]["image"])


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_the_image_of_this_version(name):
    """Worker, feed and runner run the image built here, tagged with the version of the project."""
    assert SERVICES[name]["image"] == f"pointsman:{VERSION}"


def test_the_image_is_built_once():
    """One service builds the image that the others use."""
    assert [name for name, service in SERVICES.items() if "build" in service] == ["worker"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_has_more_rights_than_it_needs(name):
    """No service is privileged, joins a namespace of the host or adds capabilities."""
    asked = {"privileged", "network_mode", "pid", "ipc", "cap_add", "devices", "security_opt"}
    assert not asked & SERVICES[name].keys()


def test_everything_mounted_exists_and_is_read_only():
    """Each file or folder mounted from the checkout exists there and cannot be written to."""
    found = list(mounts())
    assert found
    assert [path for _, path, _, how in found if how != "ro"] == []
    assert [path for _, path, _, _ in found if not (ROOT / path).exists()] == []


def test_nothing_starts_before_what_it_needs():
    """The worker waits for a healthy broker, feed and runner for a ready worker."""
    needs = {name: SERVICES[name]["depends_on"] for name in OURS}
    healthy = {"condition": "service_healthy"}
    assert needs == {
        "worker": {"rabbitmq": healthy},
        "feed": {"worker": healthy},
        "runner": {"worker": healthy},
    }
    assert SERVICES["rabbitmq"]["healthcheck"]["test"]
    assert "/ready" in " ".join(SERVICES["worker"]["healthcheck"]["test"])


@pytest.mark.parametrize("name", OURS)
def test_our_services_find_the_broker(name):
    """Worker, feed and runner are given the URL of the broker service."""
    assert "@rabbitmq/" in SERVICES[name]["environment"]["POINTSMAN_AMQP_URL"]


@pytest.mark.parametrize(("name", "script"), [("feed", "feeder.py"), ("runner", "runner.py")])
def test_feed_and_runner_are_the_examples(name, script):
    """Feed and runner run the example scripts from the place where these are mounted."""
    (target,) = (there for service, here, there, _ in mounts() if service == name)
    assert SERVICES[name]["entrypoint"] == ["python", f"{target}/{script}"]
    assert (ROOT / "examples" / script).is_file()


def test_the_worker_finds_its_table():
    """The example table is mounted where the image looks for it."""
    (target,) = (there for service, _, there, _ in mounts() if service == "worker")
    assert f"POINTSMAN_CONFIG={target}" in " ".join(instruction("ENV"))


def test_the_runner_consumes_every_model_of_the_table():
    """The runner is told each model of the example table, which needs no variable to be read."""
    table = load_config(ROOT / "examples" / "pointsman.yaml", {}).table
    assert table.known_models == set(SERVICES["runner"]["command"])


def test_the_image_is_slim_and_not_root():
    """The image is made from a pinned slim Python and runs as an ordinary user."""
    assert all(re.match(r"python:3\.\d+-slim\b", base) for base in instruction("FROM"))
    assert instruction("USER")[-1] not in {"root", "0"}


def test_the_image_installs_only_what_is_pinned():
    """Every dependency that goes into the image is checked against its hash."""
    installs = re.findall(r"pip install (\S+)", DOCKERFILE)
    assert installs
    assert set(installs) == {"--require-hashes", "--no-deps"}


def test_the_image_says_whether_it_is_alive():
    """The image's health check asks `/live` on a port that the image opens to the outside."""
    assert "/live" in instruction("HEALTHCHECK")[0]
    assert "POINTSMAN_HTTP=0.0.0.0:8080" in " ".join(instruction("ENV"))
    assert instruction("EXPOSE") == ["8080"]


def test_the_image_is_the_command():
    """The container runs `pointsman run` directly, so that signals reach it."""
    assert instruction("ENTRYPOINT") == ['["pointsman"]']
    assert instruction("CMD") == ['["run"]']
