import pytest

from routing.witness import Witness
from tests.routing.loading import warnings

OWNERS = "{match: {source_kind: owner}, model: big, api_key: '${OWNER_KEY}'}"
CODEX = "runtimes: {codex: {model: c, api_key: '${OWNER_KEY}'}}\n"
HOME = "platforms: {telegram: {home_channel: 1}}\n"


def told(*routes, base="", rest="", owners=OWNERS):
    """What is said of a table with a rule for the owner and these others."""
    listed = ", ".join((owners, *routes))
    text = f"model: {{default: m, api_key: '${{BASE_KEY}}', {base} routes: [{listed}]}}\n"
    return warnings(text + HOME + rest)


@pytest.mark.parametrize(
    ("route", "who"),
    [
        ("{match: {platform: telegram}, api_key: '${OWNER_KEY}'}", "a stranger"),
        ("{match: {platform: x}, api_key_env: OWNER_KEY}", "a stranger"),
        ("{match: {source_kind: [owner, stranger]}, api_key: '${OWNER_KEY}'}", "a stranger"),
        ("{match: {platform: hub}, api_key: '${OWNER_KEY}'}", "a hub peer"),
        ("{match: {platform: x}, runtime: codex}", "a stranger"),
        ("{match: {platform: x}, fallbacks: [codex]}", "a stranger"),
        ("{match: {platform: x}, split: [{weight: 1}, {weight: 1, runtime: codex}]}", "a stranger"),
        ("{match: {platform: x}, split: [{weight: 1, fallbacks: [codex]}]}", "a stranger"),
    ],
)
def test_a_key_of_the_owners_that_others_get_is_told(route, who):
    """A rule that is for others as well, by itself, a fallback or a variant, is named."""
    (line,) = told(route, rest=CODEX).splitlines()
    assert f"`routes[1]` gives {who} the key of `routes[0]` (env:OWNER_KEY)" in line
    assert "a rule for the owner only" in line


@pytest.mark.parametrize(
    "routes",
    [
        ["{match: {platform: x}, api_key: '${OTHER_KEY}'}"],
        ["{match: {platform: x}}"],
        ["{match: {platform: cli}, api_key: '${OWNER_KEY}'}"],
        ["{match: {source_kind: owner, platform: x}, api_key: '${OWNER_KEY}'}"],
        ["{match: {source_kind: {not: [stranger, hub_peer]}}, api_key: '${OWNER_KEY}'}"],
        ["{match: {platform: cron}, api_key: '${OWNER_KEY}'}"],
        ["{match: {platform: telegram, chat_id: 1, chat_type: dm}, api_key: '${OWNER_KEY}'}"],
        [
            "{match: {source_kind: [stranger, hub_peer]}, api_key: '${OTHER_KEY}'}",
            "{match: {platform: telegram}, api_key: '${OWNER_KEY}'}",
        ],
        [
            "{match: {source_kind: {not: [owner, cron]}}, deny: true}",
            "{match: {platform: telegram}, api_key: '${OWNER_KEY}'}",
        ],
    ],
)
def test_a_key_that_only_the_owner_gets_is_no_warning(routes):
    """Keys of others, the scheduler, and rules that no stranger gets to are nothing to warn of."""
    assert "gives" not in told(*routes, rest=CODEX)


def test_a_key_that_is_the_bases_is_everybodys():
    """What the base has, a rule for the owner does not keep to itself."""
    owners = "{match: {source_kind: owner}, model: big, api_key: '${BASE_KEY}'}"
    route = "{match: {platform: x}, model: c, api_key: '${BASE_KEY}'}"
    assert told(route, owners=owners, rest="overrides: {stranger: any}\nmodels: [big]\n") == ""


def test_a_fallback_of_the_base_is_everybodys():
    """Whoever no rule is for gets the base's fallbacks, and so their keys."""
    lines = told("{match: {platform: x}}", base="fallbacks: [codex],", rest=CODEX).splitlines()
    assert len(lines) == 1
    assert "`model.fallbacks` gives a stranger the key of `routes[0]`" in lines[0]


def test_a_channel_that_is_three_rules_is_told_once():
    """One entry of the file is one warning."""
    channel = "platforms: {x: {channel_overrides: {'7': {api_key: '${OWNER_KEY}'}}}}\n"
    model = f"model: {{default: m, routes: [{OWNERS}]}}\n"
    (line,) = warnings(model + channel).splitlines()
    assert "`platforms.x.channel_overrides.7` gives a stranger the key" in line


@pytest.mark.parametrize(("kind", "who"), [("stranger", "a stranger"), ("hub_peer", "a hub peer")])
def test_an_override_that_reaches_what_is_the_owners_is_told(kind, who):
    """`any` lets others name a runtime with the owner's key, or a model that only the owner has."""
    rest = f"overrides: {{{kind}: any}}\n"
    (line,) = told(rest=rest + CODEX).splitlines()
    assert f"`overrides.{kind}: any` lets {who} name `runtimes.codex`, which has the key of" in line
    assert line.startswith("t.yaml:3:13:")
    (line,) = told(rest=rest).splitlines()
    assert f"lets {who} name `big`, a model of `routes[0]`, a rule for the owner only" in line


@pytest.mark.parametrize("policy", ["listed", "none"])
def test_an_override_that_is_held_back_is_no_warning(policy):
    """What others may not name stays the owner's."""
    rest = f"overrides: {{stranger: {policy}, hub_peer: {policy}, owner: any}}\n"
    assert told(rest=rest + CODEX) == ""


def test_a_model_of_the_owners_that_everyone_may_name_is_told():
    """A model in `models` that only a rule for the owner has is named, unless nobody may name any."""
    (line,) = told(rest="models: [turbo, big]\n").splitlines()
    assert line.startswith("t.yaml:3:17:")
    assert "`models` lets everyone name `big`, which only `routes[0]` has" in line
    closed = "overrides: {stranger: none, hub_peer: none}\n"
    assert told(rest="models: [turbo, big]\n" + closed) == ""
    shared = "{match: {platform: x}, model: big}"
    assert told(shared, rest="models: [turbo, big]\n") == ""


def test_a_rule_is_compared_with_those_before_it_that_it_may_meet(monkeypatch):
    """Of many rules that have the owner's key, each is not held against all the others."""
    compared = []
    fulfils = Witness.fulfils

    def counted(self, match):
        compared.append(match)
        return fulfils(self, match)

    monkeypatch.setattr(Witness, "fulfils", counted)
    some = [f"{{match: {{chat_id: c{at}}}, api_key: '${{OWNER_KEY}}'}}" for at in range(200)]
    assert len(told(*some).splitlines()) == 200
    assert len(compared) < 10 * 200
