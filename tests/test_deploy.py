"""What is in deploy/, and the page for operators: every metric, label and anchor that they name exists."""

import json
import re
import tomllib
from itertools import combinations
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.worker.pipeline.deliveries import STAMP, delivery, message, pipeline
from worker.config_file import load_config
from worker.metrics import Metrics
from worker.service.outcome import Ending, Outcome
from worker.service.readiness import Readiness
from worker.settings import Settings
from worker.size import parse_size

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs" / "operating.md").read_text("utf-8")
RULES = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus-rules.yaml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads((DEPLOY / "grafana-dashboard.json").read_text("utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
ASKED = [
    *((rule["alert"], rule["expr"]) for rule in RULES),
    *((panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]),
]
TARGET_LABELS = {"job", "instance"}  # Prometheus puts them on everything that it scrapes
OURS = "pointsman_"

MANIFESTS = {
    manifest["kind"]: manifest
    for manifest in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text("utf-8"))
}
POD = MANIFESTS["Deployment"]["spec"]["template"]
(CONTAINER,) = POD["spec"]["containers"]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
MIB = 2**20


def families():
    """Every family of the page of a worker that has had a delivery."""
    readiness = Readiness("0123456789ab", 8)
    given = delivery(message(created_at="2026-01-31T11:59:58Z"))
    readiness.figures.add(Ending(Outcome.ACCEPTED, given, pipeline()(given, STAMP), 0.02, 1))
    return list(text_string_to_metric_families(Metrics(readiness).page().decode()))


FAMILIES = families()
LABELS = {
    sample.name: set(sample.labels)
    for family in FAMILIES
    for sample in sorted(family.samples, key=lambda one: len(one.labels))
}
VALUES = {
    label: {sample.labels.get(label) for family in FAMILIES for sample in family.samples}
    for label in ("outcome", "reason", "le")
}


def named(expression):
    """Every metric that an expression asks for."""
    return set(re.findall(r"\b(?:pointsman|process|python)_[a-z_]+\b", expression))


def public_name(family):
    """The name by which people know a family: a counter's ends in _total."""
    return f"{family.name}_total" if family.type == "counter" else family.name


@pytest.mark.parametrize(("where", "expression"), ASKED)
def test_every_metric_that_is_asked_for_exists(where, expression):
    """Alerts and panels ask for metrics that a worker has."""
    assert named(expression)
    assert named(expression) <= LABELS.keys(), where


@pytest.mark.parametrize(("where", "expression"), ASKED)
def test_every_label_that_is_asked_for_exists(where, expression):
    """A selector names labels of its metric, and values of theirs; a grouping, labels of one of them."""
    for name, selector in re.findall(r"\b([a-z_]+)\{([^}]*)\}", expression):
        for label, value in re.findall(r'(\w+)\s*[=!]~?\s*"([^"]*)"', selector):
            assert label in LABELS[name] | TARGET_LABELS, where
            if label in VALUES:
                assert set(value.split("|")) <= VALUES[label], where
    known = TARGET_LABELS.union(*(LABELS[name] for name in named(expression)))
    for labels in re.findall(r"\b(?:by|on|group_left) \(([^)]*)\)", expression):
        assert set(re.findall(r"\w+", labels)) <= known, where


@pytest.mark.parametrize(
    "target", [target for panel in PANELS for target in panel["targets"]], ids=lambda t: t["expr"]
)
def test_a_legend_shows_labels_that_are_there(target):
    """What a legend names is a label of a metric of its expression."""
    known = TARGET_LABELS.union(*(LABELS[name] for name in named(target["expr"])))
    assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= known


def test_every_metric_is_asked_for():
    """Each metric of a worker is on the dashboard or in an alert: none is there for nobody."""
    used = set().union(*(named(expression) for _, expression in ASKED))
    bare = {re.sub(r"_bucket$", "", name) for name in used}
    assert {public_name(family) for family in FAMILIES if family.name.startswith(OURS)} <= bare


def test_the_metrics_in_the_page_are_those_there_are():
    """The table for operators has every metric with its labels, and no other."""
    rows = re.findall(r"(?m)^\| `(pointsman_\w+)` \|([^|]*)\| [^|]+ \|$", PAGE)
    assert {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows} == {
        public_name(family): set().union(*(sample.labels for sample in family.samples))
        for family in FAMILIES
        if family.name.startswith(OURS)
    }


def test_metrics_are_named_as_prometheus_asks():
    """Counters end in _total, times are seconds, and no metric repeats a label in its name."""
    for family in FAMILIES:
        if not family.name.startswith(OURS):
            continue
        assert not re.search(r"_(ms|millis|milliseconds|minutes|kb|mb|count|sum)$", family.name)
        assert (family.type == "counter") == all(
            sample.name.endswith("_total") for sample in family.samples
        )
        if family.type == "histogram":
            assert family.name.endswith("_seconds")
        assert family.documentation
        if not family.name.endswith("_info"):
            words = set(family.name.split("_"))
            assert not words & set().union(*(sample.labels for sample in family.samples))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_every_alert_says_what_to_do(rule):
    """An alert has a severity, a summary and a description, and a chapter of its own in the page."""
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert page == "docs/operating.md"
    assert anchor == rule["alert"].lower()
    assert f"### {rule['alert']}\n" in PAGE


def test_every_chapter_about_an_alert_has_one():
    """The page explains no alert that is not there, and none is there twice."""
    alerts = [rule["alert"] for rule in RULES]
    assert re.findall(r"(?m)^### (Pointsman\w+)$", PAGE) == alerts
    assert len(set(alerts)) == len(alerts)


def test_the_dashboard_can_be_put_into_any_grafana():
    """It has no id of its own there, and every panel asks the data source that is chosen in it."""
    assert "id" not in DASHBOARD
    assert DASHBOARD["uid"]
    names = {variable["name"]: variable for variable in DASHBOARD["templating"]["list"]}
    assert names["datasource"]["type"] == "datasource"
    source = {"type": "prometheus", "uid": "${datasource}"}
    assert names["job"]["datasource"] == source
    for panel in PANELS:
        assert panel["datasource"] == source
        for target in panel["targets"]:
            assert target["datasource"] == source
            assert '{job=~"$job"' in target["expr"]


def test_panels_stand_beside_each_other():
    """No two panels share an id or a place, and none sticks out."""
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below, (one, other)


def test_the_table_in_kubernetes_is_a_good_one(tmp_path):
    """The table of the ConfigMap loads without a warning, and lies where the image looks for it."""
    ((name, text),) = MANIFESTS["ConfigMap"]["data"].items()
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    assert load_config(file, {}).warnings == ()
    (volume,) = (each for each in POD["spec"]["volumes"] if "configMap" in each)
    assert volume["configMap"]["name"] == MANIFESTS["ConfigMap"]["metadata"]["name"]
    (mount,) = (each for each in CONTAINER["volumeMounts"] if each["name"] == volume["name"])
    assert "subPath" not in mount, "such a file never changes"
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert f"POINTSMAN_CONFIG={mount['mountPath']}/{name}" in dockerfile


def test_the_pod_is_set_up_by_settings_that_there_are():
    """Each variable is a setting with a value that it takes, and the image is of this version."""
    for variable in CONTAINER["env"]:
        name = variable["name"].removeprefix("POINTSMAN_").lower()
        assert name in Settings.names()
        assert Settings.check(name, variable["value"]) is None
    assert CONTAINER["image"] == f"pointsman:{VERSION}"


def test_the_pod_is_asked_whether_it_lives_and_is_ready():
    """The probes ask `/live` and `/ready` at a port of the container, and a drain has its time."""
    (port,) = CONTAINER["ports"]
    assert POD["metadata"]["annotations"]["prometheus.io/port"] == str(port["containerPort"])
    for probe, path in (("livenessProbe", "/live"), ("readinessProbe", "/ready")):
        assert CONTAINER[probe]["httpGet"] == {"path": path, "port": port["name"]}
    grace = POD["spec"]["terminationGracePeriodSeconds"]
    assert grace > Settings.load({}, {}, {}).drain_timeout


def test_no_secret_is_in_the_example():
    """The password comes from a Secret that is only named, as a file that the worker is told of."""
    assert "Secret" not in MANIFESTS
    environ = {variable["name"]: variable["value"] for variable in CONTAINER["env"]}
    (user, at, _) = environ["POINTSMAN_AMQP_URL"].partition("@")
    assert at
    assert ":" not in user.removeprefix("amqp://"), "a URL with a password"
    (volume,) = (each for each in POD["spec"]["volumes"] if "secret" in each)
    (mount,) = (each for each in CONTAINER["volumeMounts"] if each["name"] == volume["name"])
    file = Path(environ["POINTSMAN_AMQP_PASSWORD_FILE"])
    assert str(file.parent) == mount["mountPath"]
    made = (
        f"kubectl create secret generic {volume['secret']['secretName']} --from-file={file.name}="
    )
    assert made in (DEPLOY / "kubernetes.yaml").read_text("utf-8")


def test_the_pod_has_the_memory_it_may_need():
    """The limit is above what a worker takes at most with RabbitMQ 4's largest body."""
    settings = Settings.load({}, {}, {})
    most = 92 * MIB + settings.memory_in_hand + 8 * 16 * MIB + 32 * MIB
    assert f"{most // MIB} MiB" in PAGE
    assert parse_size(CONTAINER["resources"]["limits"]["memory"] + "B") > most


def test_the_budget_and_the_deployment_mean_the_same_pods():
    """What picks the pods is what they are labelled with."""
    labels = POD["metadata"]["labels"]
    for kind in ("Deployment", "PodDisruptionBudget"):
        assert MANIFESTS[kind]["spec"]["selector"]["matchLabels"] == labels


def test_the_pod_may_do_no_more_than_it_needs():
    """It is not root, writes to no file of the image, gains nothing, and has no account."""
    assert POD["spec"]["securityContext"]["runAsNonRoot"] is True
    assert f"USER {POD['spec']['securityContext']['runAsUser']}" in (ROOT / "Dockerfile").read_text(
        "utf-8"
    )
    assert POD["spec"]["automountServiceAccountToken"] is False
    assert CONTAINER["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)\s]+)\)", PAGE))))
def test_links_of_the_page_lead_somewhere(link):
    """Every file that the page links to exists, with the heading that it names."""
    path, _, anchor = link.partition("#")
    file = ROOT / "docs" / path if path else ROOT / "docs" / "operating.md"
    assert file.exists()
    if anchor:
        headings = re.findall(r"(?m)^#+ (.+)$", file.read_text("utf-8"))
        assert anchor in {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
