from dataclasses import replace

import pytest
from hypothesis import given

from contracts import PlatformName, SourceKind, routing_key
from contracts.turn_queue import turn_queue
from routing.classify import classify
from routing.context import Circumstances
from routing.conversation import conversation_key
from routing.decide import Router
from routing.explanation import Failure, RuntimeField, explain
from routing.home_channel import HomeChannel
from routing.override_policy import OverridePolicy
from routing.read_match import equals
from routing.split import chosen
from tests.routing import loading
from tests.routing.reference_router.reference_facts import fact
from tests.routing.reference_router.table_document import document_of, facts_of
from tests.routing.strategies import messages, platform_names, tables
from tests.routing.tables import BASE, CODEX, message, rule, rules, table

TELEGRAM = PlatformName("telegram")
BY = table(
    [
        *rules(({"platform": "discord"}, "a"), ({"platform": "telegram", "user_id": "9"}, "b")),
        rule({"platform": "telegram"}, index=2, name="platforms.telegram", model="plat-m"),
        rule({"source_kind": "stranger"}, index=3, name="by_source.stranger", model="c"),
    ],
    runtimes={"codex": CODEX},
    models=["turbo-m"],
    home_channels={"telegram": HomeChannel("42")},
)
OWNERS = {"chat_id": "42", "chat_type": "dm"}


def explained(source=None, platform=TELEGRAM, prefix="", **fields):
    return explain(Router(BY), message(source, **fields), platform, prefix)


def origins(explanation):
    return {field.name: field.origin for field in explanation.fields}


def test_each_rule_is_shown_with_the_first_key_that_failed():
    """Every rule up to the match is there, with the first key that did not fit and what it met."""
    tried = explained({"user_id": "7"}).tried
    assert [(each.rule.name, each.failure) for each in tried] == [
        ("routes[0]", Failure("platform", "discord", "telegram")),
        ("routes[1]", Failure("user_id", "9", "7")),
        ("platforms.telegram", None),
    ]


def test_a_missing_fact_is_shown_as_missing():
    """A key whose fact the message does not have failed for having nothing."""
    assert explained().tried[1].failure == Failure("user_id", "9", None)


def test_all_rules_are_shown_where_none_matches():
    """If the base answers, every rule has failed at something."""
    explanation = explain(Router(BY), message(OWNERS), PlatformName("cli"))
    assert [each.failure and each.failure.key for each in explanation.tried] == [
        "platform",
        "platform",
        "platform",
        "source_kind",
    ]


@pytest.mark.parametrize(
    "fields", [{"override": {"runtime": "codex"}}, {"purpose": "memory_flush"}]
)
def test_no_rule_is_shown_where_none_was_consulted(fields):
    """A named runtime and a memory flush ask no rule."""
    assert explained(OWNERS, **fields).tried == ()


def test_a_rule_that_wants_two_values_of_one_key_fails_at_it():
    """Of a rule that can never match, the condition that fails is shown."""
    impossible = replace(
        rule({"chat_id": "1"}), match=(equals("chat_id", "1"), equals("chat_id", "2"))
    )
    explanation = explain(Router(table([impossible])), message({"chat_id": "1"}), TELEGRAM)
    assert explanation.tried[0].failure == Failure("chat_id", "2", "1")


def test_fields_of_a_rule_and_of_the_base():
    """Each field of the runtime names the rule that set it, or the base it was inherited from."""
    explanation = explained()
    assert origins(explanation) == {
        "model": "platforms.telegram",
        "provider": "base",
        "base_url": "base",
        "api_mode": None,
        "command": None,
        "args": None,
        "params": None,
        "credential": "base",
    }
    assert explanation.fields[0] == RuntimeField("model", "plat-m", "platforms.telegram")


def test_fields_of_the_base_alone():
    """Where no rule matches, what is set is the base's."""
    assert origins(explained(OWNERS, PlatformName("slack")))["model"] == "by_source.stranger"
    assert set(origins(explained(None, PlatformName("cli"))).values()) == {"base", None}


def test_a_named_model_is_the_overrides():
    """A model from an override says so, and the rest is the rule's or the base's as before."""
    explanation = explained(override={"model": "turbo-m"})
    assert explanation.fields[0] == RuntimeField("model", "turbo-m", "override")
    assert origins(explanation)["provider"] == "base"
    assert explanation.tried[-1].rule.name == "platforms.telegram"


def test_a_named_runtime_is_its_own():
    """All that a named runtime sets is its own, and nothing is the base's."""
    explanation = explained(OWNERS, override={"runtime": "codex"})
    assert set(origins(explanation).values()) == {"runtimes.codex", None}


def test_what_became_of_the_override():
    """The explanation says what was asked, what this sender may ask, and why it was refused."""
    explanation = explained(override={"runtime": "codex", "command": "rm"})
    assert (explanation.wish.runtime, explanation.wish.ignored_fields) == ("codex", ("command",))
    assert explanation.policy is OverridePolicy.LISTED
    assert explanation.decision.route.override_ignored == "not_listed"


def test_where_the_message_goes():
    """Conversation, routing key and queue are those that the message really gets."""
    explanation = explained({"chat_id": "1", "platform": "telegram"}, prefix="blue.")
    assert explanation.conversation == "telegram/chat=1"
    assert explanation.routing_key == routing_key(
        {"text": "x", "source": {"platform": "telegram", "chat_id": "1"}}
    )
    assert explanation.queue == "blue.turns.plat-m"


@given(by=tables(), sent=messages, platform=platform_names)
def test_explaining_agrees_with_deciding(by, sent, platform):
    """An explanation says what classifying and deciding say, and its rules bear it out."""
    router = Router(by)
    explanation = explain(router, sent, platform)
    classification = classify(sent, platform, by)
    kind = classification.source_kind
    assert explanation.classification == classification
    assert explanation.decision == router.decide(sent, platform, kind)
    assert explanation.conversation == conversation_key(sent, platform, by)
    assert explanation.queue == turn_queue(explanation.decision.runtime.model)

    decision = explanation.decision
    matched = [each.rule for each in explanation.tried if each.failure is None]
    if decision.route.index is not None:
        assert matched == [by.rules[decision.route.index]] == [explanation.tried[-1].rule]
    elif decision.route.reason in {"base", "override"}:
        assert matched == []
        assert len(explanation.tried) == len(by.rules)
    else:
        assert explanation.tried == ()

    document, facts = document_of(by), facts_of(sent, platform, kind)
    for each in explanation.tried:
        asked = each.rule.match
        had = [fact(condition.key, document, facts) for condition in asked]
        wrong = [Failure(c.key, c.written, fact) for c, fact in zip(asked, had, strict=True)]
        wrong = [failure for failure in wrong if failure.had != failure.wanted]
        assert each.failure == (wrong[0] if wrong else None)
    assert {field.name: field.value for field in explanation.fields} == dict(decision.runtime)


@given(by=tables(), sent=messages, platform=platform_names)
def test_origins_hold_what_they_are_said_to(by, sent, platform):
    """Where a field is said to come from, that value stands."""
    explanation = explain(Router(by), sent, platform)
    bundles = {"base": by.base, **{rule.name: rule.runtime for rule in by.rules}}
    bundles |= {f"runtimes.{name}": runtime for name, runtime in by.runtimes.items()}
    for field in explanation.fields:
        if field.origin == "override":
            assert (field.name, field.value) == ("model", explanation.wish.model)
        elif field.origin is not None:
            assert getattr(bundles[field.origin], field.name) == field.value
        else:
            assert field.value is None


def test_explaining_needs_no_owner():
    """A message without a source is explained as any other."""
    explanation = explain(Router(table()), message(), PlatformName("cron"))
    assert explanation.classification.source_kind is SourceKind.CRON
    assert explanation.decision is not None
    assert explanation.decision.runtime == BASE


WIDE = """
model:
  default: base-m
  routes:
    - {match: {platform: slack}, model: slack-m}
    - {match: {user_id: "666"}, deny: true, name: banned}
    - {match: {publisher: bot}, deny: true}
    - name: trial
      match: {platform: [telegram, "hub:slate"]}
      provider: trial-p
      split:
        - {weight: 2, name: stable}
        - {weight: 1, name: canary, model: canary-m}
        - {weight: 1, runtime: codex, args: [-x]}
runtimes:
  codex: {model: gpt-5.4, provider: openai-codex}
"""
NOBODY = Circumstances()


def explained_widely(source=None, platform=TELEGRAM, circumstances=NOBODY, **fields):
    router = Router(loading.table(WIDE))
    return explain(router, message(source, **fields), platform, circumstances=circumstances)


@pytest.mark.parametrize(
    "fields", [{}, {"purpose": "memory_flush"}, {"override": {"runtime": "codex"}}]
)
def test_a_denied_message_shows_the_rule_that_denies_it(fields):
    """A denied message has no decision, and the rules tried end with the one that denies it."""
    explanation = explained_widely({"user_id": "666"}, **fields)
    assert (explanation.decision, explanation.queue, explanation.fields) == (None, None, ())
    assert explanation.denial is not None
    assert explanation.denial.name == "banned"
    assert [each.rule.name for each in explanation.tried] == ["banned"]


def test_rules_that_deny_come_first():
    """What denies is tried first, whatever the file's order, and by the publisher that is known."""
    passed = explained_widely(platform=PlatformName("slack"))
    assert [each.rule.name for each in passed.tried] == ["banned", "routes[2]", "routes[0]"]
    assert passed.tried[1].failure == Failure("publisher", "bot", None)
    denied = explained_widely(circumstances=Circumstances(publisher="bot"))
    assert denied.denial is not None
    assert denied.denial.name == "routes[2]"
    assert denied.facts["publisher"] == "bot"


@pytest.mark.parametrize("source", [None, {"user_id": "666"}])
def test_what_would_deny_is_asked_first_of_all(source):
    """Of a memory flush and a named runtime, the rules that might have denied it are shown."""
    for fields in ({"purpose": "memory_flush"}, {"override": {"runtime": "codex"}}):
        explanation = explained_widely(source, PlatformName("cli"), **fields)
        names = [each.rule.name for each in explanation.tried]
        assert names == (["banned"] if source else ["banned", "routes[2]"])
        assert explanation.consulted is bool(source)


def test_a_platform_with_its_instance_is_called_a_platform():
    """A condition that asks for the instance in one word is shown under the key as written."""
    (failed,) = [
        each.failure
        for each in explained_widely(platform=PlatformName("hub")).tried
        if each.rule.name == "trial"
    ]
    assert failed == Failure("platform", "telegram or hub:slate", "hub")


def test_a_split_is_explained_by_what_the_conversation_draws():
    """The lot lies in the share of the variant that the conversation gets."""
    for chat in range(20):
        explanation = explained_widely({"chat_id": str(chat)})
        draw, decision = explanation.draw, explanation.decision
        assert draw is not None
        assert decision is not None
        names = [variant.name for variant in draw.rule.split for _ in range(variant.weight)]
        assert draw.total == 4
        assert names[draw.lot] == draw.chosen.name == decision.route.variant
        assert draw.rule.split[chosen(explanation.conversation, (2, 1, 1))] is draw.chosen


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("stable", {"model": "base", "provider": "trial"}),
        ("canary", {"model": "trial/canary", "provider": "trial"}),
        ("2", {"model": "runtimes.codex", "provider": "runtimes.codex", "args": "trial/2"}),
    ],
)
def test_fields_of_a_variant(variant, expected):
    """Each field names the variant that set it, the rule or runtime it is laid over, or the base."""
    found = next(
        explanation
        for explanation in (explained_widely({"chat_id": str(number)}) for number in range(50))
        if explanation.draw and explanation.draw.chosen.name == variant
    )
    assert {name: of for name, of in origins(found).items() if of is not None} == expected
