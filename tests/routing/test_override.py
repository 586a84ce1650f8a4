import pytest

from contracts import PlatformName, SourceKind
from routing.decide import Router
from routing.override import Wish
from routing.override_policy import OverridePolicy
from tests.routing.tables import BASE, CODEX, message, rule, table

ANY, LISTED, NONE = OverridePolicy.ANY, OverridePolicy.LISTED, OverridePolicy.NONE
TELEGRAM, HUB = PlatformName("telegram"), PlatformName("hub")
PLAT = rule(
    {"platform": "telegram"},
    name="platforms.telegram",
    model="plat-m",
    base_url="https://hub/v1",
    credential="env:HUB",
)
OTHER = rule({"platform": "discord"}, index=1, name="platforms.discord", model="other-m")


def by(policy):
    return table(
        [PLAT, OTHER],
        runtimes={"codex": CODEX},
        models=["turbo-m"],
        overrides={SourceKind.STRANGER: policy},
    )


def decide(policy, override, platform=TELEGRAM, kind=SourceKind.STRANGER):
    return Router(by(policy)).decide(message(override=override), platform, kind)


def outcome(policy, override, platform=TELEGRAM):
    route = decide(policy, override, platform).route
    return route.name, route.index, route.reason, route.override_ignored


def test_a_named_runtime_is_taken_whole():
    """A named runtime that may be named is the whole answer; neither rules nor base add to it."""
    decision = decide(ANY, {"runtime": "codex"})
    assert decision.runtime == CODEX
    assert outcome(ANY, {"runtime": "codex"}) == ("runtimes.codex", None, "runtime", None)


@pytest.mark.parametrize("model", ["turbo-m", "made-up", "gpt-5.4", ""])
def test_a_runtime_wins_over_a_model(model):
    """Of a runtime and a model named together, the runtime counts if it may be named."""
    decision = decide(ANY, {"runtime": "codex", "model": model})
    assert decision.runtime == CODEX
    assert decision.route.override_ignored is None


@pytest.mark.parametrize("model", ["turbo-m", "base-m", "plat-m"])
@pytest.mark.parametrize("policy", [ANY, LISTED])
def test_a_named_model_is_laid_over_the_routed_bundle(policy, model):
    """A model that may be named changes the model, and nothing else, of what the rule gives."""
    decision = decide(policy, {"model": model})
    assert decision.runtime == PLAT.runtime.model_copy(update={"model": model})
    assert outcome(policy, {"model": model}) == ("platforms.telegram", 0, "override", None)


def test_a_named_model_is_laid_over_the_base_where_no_rule_matches():
    """Without a matching rule a named model runs on the base's bundle."""
    signal = PlatformName("signal")
    decision = decide(LISTED, {"model": "turbo-m"}, signal)
    assert decision.runtime == BASE.model_copy(update={"model": "turbo-m"})
    assert outcome(LISTED, {"model": "turbo-m"}, signal) == ("base", None, "override", None)


@pytest.mark.parametrize("model", ["other-m", "gpt-5.4"])
def test_any_means_every_model_of_the_table(model):
    """Where anything may be named, a model of any rule or runtime may be."""
    decision = decide(ANY, {"model": model})
    assert decision.runtime == PLAT.runtime.model_copy(update={"model": model})
    assert decision.route.override_ignored is None


@pytest.mark.parametrize(
    ("policy", "override", "ignored"),
    [
        (ANY, {"model": "made-up"}, "unknown"),
        (ANY, {"model": "codex"}, "unknown"),
        (ANY, {"runtime": "made-up"}, "unknown"),
        (ANY, {"runtime": "gpt-5.4"}, "unknown"),
        (ANY, {"runtime": "Codex"}, "unknown"),
        (LISTED, {"model": "made-up"}, "unknown"),
        (LISTED, {"model": "TURBO-M"}, "unknown"),
        (LISTED, {"model": "other-m"}, "not_listed"),
        (LISTED, {"model": "gpt-5.4"}, "not_listed"),
        (LISTED, {"runtime": "made-up"}, "unknown"),
        (LISTED, {"runtime": "codex"}, "not_listed"),
        (NONE, {"model": "turbo-m"}, "closed"),
        (NONE, {"model": "base-m"}, "closed"),
        (NONE, {"model": "plat-m"}, "closed"),
        (NONE, {"model": "made-up"}, "closed"),
        (NONE, {"runtime": "codex"}, "closed"),
        (NONE, {"runtime": "codex", "model": "turbo-m"}, "closed"),
        (LISTED, {"runtime": "codex", "model": "made-up"}, "not_listed"),
        (LISTED, {"runtime": "made-up", "model": "other-m"}, "unknown"),
    ],
)
def test_what_may_not_be_named_is_ignored(policy, override, ignored):
    """A name that may not be named changes nothing, and the job says why it was ignored."""
    assert decide(policy, override).runtime == PLAT.runtime
    assert outcome(policy, override) == ("platforms.telegram", 0, "matched", ignored)


@pytest.mark.parametrize(
    ("policy", "runtime", "ignored"),
    [(LISTED, "codex", "not_listed"), (LISTED, "made-up", "unknown"), (ANY, "made-up", "unknown")],
)
def test_after_a_refused_runtime_the_model_is_tried(policy, runtime, ignored):
    """A model is obeyed beside a runtime that is not, and the job still says what was ignored."""
    override = {"runtime": runtime, "model": "turbo-m"}
    assert decide(policy, override).runtime.model == "turbo-m"
    assert outcome(policy, override) == ("platforms.telegram", 0, "override", ignored)


def test_listed_means_the_matched_rules_model_only():
    """Under `listed` another rule's model may not be named, though its own rule's may."""
    assert outcome(LISTED, {"model": "plat-m"})[3] is None
    assert outcome(LISTED, {"model": "other-m"})[3] == "not_listed"
    discord = PlatformName("discord")
    assert outcome(LISTED, {"model": "other-m"}, discord)[3] is None
    assert outcome(LISTED, {"model": "plat-m"}, discord)[3] == "not_listed"


@pytest.mark.parametrize("override", [None, {}, {"model": "", "runtime": ""}, {"model": None}])
@pytest.mark.parametrize("policy", [ANY, LISTED, NONE])
def test_empty_values_have_no_opinion(policy, override):
    """An override that names nothing is none, whoever sent it."""
    assert outcome(policy, override) == ("platforms.telegram", 0, "matched", None)


def test_names_given_as_numbers_are_their_text():
    """A model may be named by a number where the table has its text."""
    numbered = table(models=["42"])
    decision = Router(numbered).decide(
        message(override={"model": 42}), TELEGRAM, SourceKind.STRANGER
    )
    assert decision.runtime.model == "42"


@pytest.mark.parametrize(
    ("kind", "platform", "policies", "obeyed"),
    [
        (SourceKind.STRANGER, TELEGRAM, {SourceKind.HUB_PEER: NONE}, True),
        (SourceKind.HUB_PEER, HUB, {SourceKind.HUB_PEER: NONE}, False),
        (SourceKind.HUB_PEER, HUB, {SourceKind.STRANGER: NONE}, True),
        (SourceKind.STRANGER, HUB, {SourceKind.HUB_PEER: NONE}, False),
        (SourceKind.STRANGER, HUB, {SourceKind.STRANGER: NONE}, False),
        (SourceKind.CRON, PlatformName("cron"), {SourceKind.HUB_PEER: NONE}, True),
        (SourceKind.OWNER, TELEGRAM, {SourceKind.OWNER: NONE}, False),
    ],
)
def test_policies_are_per_source_kind(kind, platform, policies, obeyed):
    """Each kind has its policy, and a peer that says it is a stranger gains nothing by it."""
    listed = table(models=["turbo-m"], overrides=policies, hub_platforms=["hub", "cron"])
    decision = Router(listed).decide(message(override={"model": "turbo-m"}), platform, kind)
    assert (decision.runtime.model == "turbo-m") == obeyed


NEVER_OBEYED = {
    "provider": "theirs",
    "base_url": "https://evil/v1",
    "api_mode": "x",
    "command": "rm",
    "args": ["-rf"],
    "params": {"temperature": 9},
    "credential": "env:OTHER",
    "api_key": "[redacted]",
    "api_key_env": "OTHER",
    "api_key_file": "/etc/passwd",
}


@pytest.mark.parametrize("name", [None, "turbo-m"])
def test_all_but_names_is_ignored_and_counted(name):
    """Every other field of a runtime comes from the table; the decision lists those stated."""
    decision = decide(ANY, {"model": name, **NEVER_OBEYED})
    assert decision.runtime == PLAT.runtime.model_copy(update={"model": name or "plat-m"})
    assert decision.ignored_fields == tuple(NEVER_OBEYED)
    assert decision.route.override_ignored is None


@pytest.mark.parametrize("override", [{"runtime": "codex"}, {"runtime": "made-up"}, {}])
@pytest.mark.parametrize("purpose", ["turn", "memory_flush"])
def test_ignored_fields_are_counted_however_the_turn_is_decided(override, purpose):
    """Fields that are never obeyed are reported for runtimes and memory flushes as well."""
    sent = message(override={**override, "command": "rm"}, purpose=purpose)
    decision = Router(by(ANY)).decide(sent, TELEGRAM, SourceKind.STRANGER)
    assert decision.ignored_fields == ("command",)
    assert decision.runtime.command is None


def test_empty_and_unknown_fields_are_not_counted():
    """A field without a value states nothing, and one that no runtime has is nobody's business."""
    sent = message(
        override={
            "provider": "",
            "base_url": None,
            "args": [],
            "params": {},
            "reasoning": "high",
        }
    )
    assert Wish.of(sent.override) == Wish()
