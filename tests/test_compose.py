"""compose.yaml and the Dockerfile, as far as they can be checked without an engine."""

import json
import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from worker.broker_users import plan_users
from worker.config_file import load_config
from worker.settings import Settings
from worker.topology import plan_topology

ROOT = Path(__file__).parent.parent
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
FEEDS = [name for name in SERVICES if name.startswith("feed-")]
RUNNERS = [name for name in SERVICES if name.startswith("runner-")]
POINTSMAN = ("worker", "operator")
"""These run the command itself."""
OURS = ["setup", *POINTSMAN, *FEEDS, *RUNNERS]
TABLE = load_config(ROOT / "examples" / "pointsman.yaml", {}).table


def instruction(name):
    """What follows an instruction each time it stands in the Dockerfile, continuations joined."""
    return re.findall(rf"(?m)^{name} (.*)$", DOCKERFILE.replace("\\\n", " "))


def mounts():
    """Each mount: the service, the path here, the path there, how."""
    for name, service in SERVICES.items():
        for volume in service.get("volumes", ()):
            here, there, *how = volume.split(":")
            yield name, here, there, *(how or ["rw"])


def script(name):
    """What the shell of a service runs."""
    command = [*SERVICES[name]["entrypoint"], *SERVICES[name].get("command", ())]
    assert command[:-1] == ["sh", "-euc"]
    return command[-1].replace("$$", "$")


def user(name):
    """The RabbitMQ user of a service, and the file that it reads the password from."""
    environment = SERVICES[name]["environment"]
    if name in POINTSMAN:
        url = environment["POINTSMAN_AMQP_URL"]
        file = environment["POINTSMAN_AMQP_PASSWORD_FILE"]
        (name,) = re.findall(r"^amqp://([^:@]+)@rabbitmq/$", url)
        return name, file
    echo = 'printf "%s /passwords/%s" "$user" "$user"'
    (line,) = re.findall(r"(?m)^user=.*$", script(name))
    said = subprocess.run(["sh", "-euc", f"{line}\n{echo}"], env=environment, text=True,
                          capture_output=True, check=True).stdout  # fmt: skip
    assert 'URL="amqp://$user:$(cat "/passwords/$user")@rabbitmq/"' in script(name)
    return tuple(said.split())


def test_the_broker_has_the_hash_exchange():
    """RabbitMQ starts with the consistent hash exchange, which `inbound` is made of."""
    mount, _ = SERVICES["rabbitmq"]["configs"]
    assert mount["target"] == "/etc/rabbitmq/enabled_plugins"
    content = COMPOSE["configs"][mount["source"]]["content"]
    assert re.fullmatch(r"\[[a-z_, ]+\]\.", content)
    assert "rabbitmq_consistent_hash_exchange" in content


def test_the_broker_is_a_pinned_rabbitmq_4():
    """The broker is RabbitMQ 4 at a stated minor version."""
    assert re.fullmatch(r"rabbitmq:4\.\d+(\.\d+)?", SERVICES["rabbitmq"]["image"])


@pytest.mark.parametrize("name", OURS)
def test_our_services_run_the_image_of_this_version(name):
    """Worker, feeds and runners run the image built here, tagged with the version of the project."""
    assert SERVICES[name]["image"] == f"pointsman:{VERSION}"


def test_the_image_is_built_once():
    """One service builds the image that the others use."""
    assert [name for name, service in SERVICES.items() if "build" in service] == ["setup"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_has_more_rights_than_it_needs(name):
    """No service is privileged, joins a namespace of the host or adds capabilities."""
    asked = {"privileged", "network_mode", "pid", "ipc", "cap_add", "devices", "security_opt"}
    assert not asked & SERVICES[name].keys()


def test_everything_mounted_exists_and_is_read_only():
    """What is mounted is in the checkout or a volume; only `setup` writes, and only to volumes."""
    found = list(mounts())
    assert found
    volumes = COMPOSE["volumes"].keys()
    written = {(name, path) for name, path, _, how in found if how != "ro"}
    assert written == {("setup", volume) for volume in volumes}
    kept = [path for _, path, _, _ in found if path not in volumes]
    assert [path for path in kept if not (ROOT / path).exists()] == []


def test_nothing_starts_before_what_it_needs():
    """The broker waits for its users, the worker for the broker, the others for a ready worker."""
    needs = {name: SERVICES[name].get("depends_on") for name in SERVICES}
    healthy = {"condition": "service_healthy"}
    assert needs == {
        "setup": None,
        "rabbitmq": {"setup": {"condition": "service_completed_successfully"}},
        **{name: {"rabbitmq": healthy} for name in POINTSMAN},
        **{name: {"worker": healthy} for name in (*FEEDS, *RUNNERS)},
    }
    assert SERVICES["rabbitmq"]["healthcheck"]["test"]
    assert "/ready" in " ".join(SERVICES["worker"]["healthcheck"]["test"])


def test_the_broker_has_the_planned_users_and_no_other():
    """`setup` makes passwords and definitions where the broker and the others look for them."""
    made = re.sub(r"\s+", " ", script("setup").replace("\\\n", " "))
    assert "pointsman topology permissions --vhost / --create-passwords /passwords" in made
    assert "--format json > /definitions/definitions.json" in made
    assert "load_definitions = /definitions/definitions.json" in broker_configuration()
    places = {(here, there) for _, here, there, _ in mounts() if here in COMPOSE["volumes"]}
    assert places == {("passwords", "/passwords"), ("definitions", "/definitions")}
    assert not any("passwords" in volume for volume in SERVICES["rabbitmq"]["volumes"])
    assert "guest" not in (ROOT / "compose.yaml").read_text("utf-8")


def test_every_service_is_a_planned_user():
    """Each service logs in as a user that is planned for the table, and every user is a service's."""
    planned = plan_users(TABLE, plan_topology(TABLE, Settings.load({}, {}, {})), "")
    users = [user(name) for name in (*POINTSMAN, *FEEDS, *RUNNERS)]
    assert sorted(users) == sorted(
        (each.name, f"/passwords/{each.password_file}") for each in planned
    )


def test_the_operator_is_there_when_asked():
    """What an operator runs does not start with the others."""
    waiting = {name for name, service in SERVICES.items() if "profiles" in service}
    assert waiting == {"operator"}


def test_the_broker_refuses_what_no_worker_would_read():
    """Larger messages than a job of the largest body are refused, and no job is."""
    (limit,) = re.findall(r"(?m)^max_message_size = (\d+)$", broker_configuration())
    body = Settings.load({}, {}, {}).max_body
    assert 4 * body < int(limit) < 8 * body


def test_the_image_has_folders_for_the_volumes():
    """A volume takes its owner from the image: the user that the services run as."""
    made = " ".join(instruction("RUN"))
    assert "install -d -o 10001 -m 0700 /passwords" in made
    assert "install -d -o 10001 -m 0755 /definitions" in made
    assert instruction("USER")[-1] == "10001"


def broker_configuration():
    """What is added to the configuration of RabbitMQ."""
    (source,) = (
        mount["source"]
        for mount in SERVICES["rabbitmq"]["configs"]
        if mount["target"].startswith("/etc/rabbitmq/conf.d/")
    )
    return COMPOSE["configs"][source]["content"]


@pytest.mark.parametrize("name", [*FEEDS, *RUNNERS])
def test_feeds_and_runners_are_the_examples(name):
    """Feeds and runners run the example scripts from the place where these are mounted."""
    (target,) = (there for service, here, there, _ in mounts() if (service, here) == (
        name, "./examples"))  # fmt: skip
    example = "feeder.py" if name in FEEDS else "runner.py"
    assert f"\nexec python {target}/{example} " in script(name)
    assert (ROOT / "examples" / example).is_file()


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_has_samples_of_its_platform(name, tmp_path):
    """A feed publishes the samples of its platform and no others."""
    (line,) = re.findall(r"(?m)^grep .*$", script(name))
    line = line.replace("/examples", str(ROOT / "examples")).split(" > ")[0]
    done = subprocess.run(["sh", "-euc", line], env=os.environ | SERVICES[name]["environment"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    exchanges = {json.loads(sample)["exchange"] for sample in done.stdout.splitlines()}
    assert exchanges == {f"in.{name.removeprefix('feed-')}"}


def test_the_worker_finds_its_table():
    """The example table is mounted where the image looks for it."""
    for name in ("setup", "worker"):
        (target,) = (
            there for service, here, there, _ in mounts() if service == name and "yaml" in here
        )
        assert f"POINTSMAN_CONFIG={target}" in " ".join(instruction("ENV"))


def test_there_is_a_runner_for_every_model_of_the_table():
    """Each model of the example table has a runner."""
    assert TABLE.known_models == {SERVICES[name]["environment"]["MODEL"] for name in RUNNERS}


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
