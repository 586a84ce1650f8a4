import pytest

from tests.worker.importing.importing import Imported
from worker.importing.imported_table import NotImportableError
from worker.importing.litellm import import_litellm

TWO = """
    model_list:
      - {model_name: small, litellm_params: {model: openai/tiny, api_key: os.environ/SMALL}}
      - {model_name: large, litellm_params: {model: huge, api_key: os.environ/LARGE}}
    """


def litellm(text, default=None):
    return Imported(lambda root, now: import_litellm(root, now, default), text)


def shared(*params, settings=""):
    """A group of deployments with these parameters, as a table's split."""
    listed = ", ".join(
        f"{{model_name: g, litellm_params: {{model: m{at}, {each}}}}}"
        for at, each in enumerate(params)
    )
    made = litellm(f"model_list: [{listed}]\n{settings}")
    (rule,) = made.table["model"]["routes"]
    return made, [int(variant["weight"]) for variant in rule["split"]]


def test_a_deployment_is_a_runtime():
    """Provider, host, key and parameters of a deployment become a runtime's; the rest is told."""
    made = litellm("""
        model_list:
          - model_name: gpt
            litellm_params:
              model: azure/deployed
              api_base: os.environ/AZURE_BASE
              api_key: os.environ/AZURE_KEY
              api_version: "2024-01-01"
              temperature: 0.5
              timeout: 300
        """)
    runtime = {
        "model": "deployed",
        "provider": "azure",
        "base_url": "${AZURE_BASE}",
        "api_key": "${AZURE_KEY}",
        "params": {"temperature": "0.5", "api_version": "2024-01-01"},
    }
    assert made.table["runtimes"] == {"gpt": runtime}
    base = dict(made.table["model"])
    assert base.pop("default") == runtime.pop("model")
    assert base == runtime
    assert [(each.name, each.is_key) for each in made.made.variables] == [
        ("AZURE_BASE", False),
        ("AZURE_KEY", True),
    ]
    assert made.said("dropped", "`timeout`") == 3


@pytest.mark.parametrize(
    ("stated", "provider", "model"),
    [
        ("model: openrouter/a/b", "openrouter", "a/b"),
        ("model: a/b", None, "a/b"),
        ("model: plain", None, "plain"),
        ("model: azure/x, custom_llm_provider: azure", "azure", "x"),
        ("model: azure/x, custom_llm_provider: openai", "openai", "azure/x"),
        ("model: os.environ/WHICH", None, "${WHICH}"),
        ("model: 'a${b'", None, "a$${b"),
    ],
)
def test_the_provider_is_what_stands_before_the_model(stated, provider, model):
    """A known prefix is the provider; any other belongs to the model's name."""
    made = litellm(f"model_list: [{{model_name: g, litellm_params: {{{stated}}}}}]")
    runtime = made.table["runtimes"]["g"]
    assert (runtime.get("provider"), runtime["model"]) == (provider, model)


def test_a_key_written_out_is_named_after_the_model():
    """A literal key becomes a variable called as the model is; the same key has one name."""
    made = litellm("""
        model_list:
          - {model_name: gpt-4o, litellm_params: {model: m, api_key: canary}}
          - {model_name: other, litellm_params: {model: n, api_key: canary}}
        """)
    keys = [runtime["api_key"] for runtime in made.table["runtimes"].values()]
    assert keys == ["${GPT_4O_API_KEY}", "${GPT_4O_API_KEY}"]


def test_a_credential_of_the_list_is_used():
    """What `credential_list` says of a named credential stands in the runtime."""
    made = litellm("""
        model_list: [{model_name: g, litellm_params: {model: m, litellm_credential_name: c}}]
        credential_list:
          - credential_name: c
            credential_values: {api_key: os.environ/C, api_base: https://c.example}
        """)
    runtime = made.table["runtimes"]["g"]
    assert (runtime["api_key"], runtime["base_url"]) == ("${C}", "https://c.example")


def test_the_first_model_is_the_base_unless_another_is_asked_for():
    """The base is the first, and that is said; `default` names another, or an alias of it."""
    first = litellm(TWO)
    assert first.table["model"]["default"] == "tiny"
    assert first.said("changed", "`small` is the base", "the first", "--default") == 2
    other = litellm(TWO, "large")
    assert other.table["model"]["default"] == "huge"
    alias = "router_settings: {model_group_alias: {big: large}}"
    assert litellm(f"{TWO}\n    {alias}", "big").table["model"]["default"] == "huge"


def test_a_default_that_is_none_of_the_models_is_told():
    """A misspelt default is an error with the name that was meant."""
    with pytest.raises(NotImportableError, match="did you mean `large`"):
        litellm(TWO, "lagre")


def test_a_name_that_clients_ask_for_is_a_rule():
    """Each model but the base has a rule for `metadata.model`, aliases included, with a test."""
    made = litellm(f"""{TWO}
    router_settings:
      model_group_alias: {{big: large, huge: {{model: large, hidden: true}}, none: absent}}
    """)
    assert made.table["model"]["routes"] == [
        {
            "name": "model large",
            "match": {"metadata.model": ["large", "big", "huge"]},
            "runtime": "large",
        }
    ]
    assert made.said("changed", "`metadata.model`", "feeder") == 2
    assert made.said("dropped", "none`") == 7
    tested = {test["expect"]["route"]: test["expect"]["model"] for test in made.table["tests"]}
    assert tested == {"model large": "huge", "base": "tiny"}


@pytest.mark.parametrize(
    ("params", "weights"),
    [
        (["weight: 2", "weight: 1"], [2, 1]),
        (["weight: 0.9", "weight: 0.1"], [9, 1]),
        (["rpm: 1000", "rpm: 2500"], [2, 5]),
        (["tpm: 20000", "tpm: 20000"], [1, 1]),
        (["weight: 1, rpm: 9", "weight: 3, rpm: 1"], [1, 3]),
        (["temperature: 1", "weight: 9"], [1, 1]),
        (["weight: 3", "rpm: 7", "weight: 1"], [3, 1]),
        (["weight: os.environ/W", "weight: 2"], [1, 1]),
        (["weight: 0", "weight: 0"], [1, 1]),
        (["rpm: 3000001", "rpm: 1"], [1000000, 1]),
        (["weight: -1", "weight: 2"], [1, 1]),
        (["weight: 1e999999999", "weight: 2"], [1, 1]),
    ],
)
def test_deployments_of_one_name_are_a_split(params, weights):
    """The shares are those of LiteLLM's shuffle: by the first deployment's weight, rpm or tpm."""
    assert shared(*params)[1] == weights


def test_a_split_is_told_and_takes_every_message_that_asks_for_nothing():
    """The base's own deployments share out what no name claims, each with a name of its own."""
    made, _ = shared("rpm: 1", "rpm: 2")
    (rule,) = made.table["model"]["routes"]
    assert rule["match"] == {"platform": {"exists": "true"}}
    assert [variant["runtime"] for variant in rule["split"]] == ["g-1", "g-2"]
    assert made.said("changed", "`g` is a split by `rpm`", "keeps its deployment") == 1
    assert [test["expect"]["route"] for test in made.table["tests"]] == ["model g"]


def test_a_strategy_that_measures_becomes_equal_parts():
    """Load, latency and cost are unknown to a table, so the parts are equal, and that is said."""
    settings = "router_settings: {routing_strategy: least-busy}"
    made, weights = shared("rpm: 1", "rpm: 2", settings=settings)
    assert weights == [1, 1]
    assert made.said("changed", "`routing_strategy`", "equal parts") == 1
    settings = "router_settings: {routing_strategy: simple-shuffle}"
    assert shared("rpm: 1", "rpm: 2", settings=settings)[1] == [1, 2]


def test_fallbacks_are_those_of_the_name():
    """A name's own fallbacks stand in its rule, the default ones in the base, unknown ones not."""
    made = litellm(f"""{TWO}
      - {{model_name: spare, litellm_params: {{model: s}}}}
      - {{model_name: spare, litellm_params: {{model: t}}}}
    litellm_settings:
      fallbacks: [{{large: [spare, absent]}}]
      default_fallbacks: [small]
      context_window_fallbacks: [{{small: [large]}}]
    """)
    large, spare = made.table["model"]["routes"]
    assert made.table["model"]["fallbacks"] == ["small"]
    assert large["fallbacks"] == ["spare-1", "spare-2"]
    assert "fallbacks" not in spare
    assert made.said("dropped", "not kept") == 9
    assert made.said("dropped", "`litellm_settings.context_window_fallbacks`") == 11


def test_the_routers_fallbacks_win():
    """Where both settings have fallbacks, LiteLLM uses the router's."""
    made = litellm(f"""{TWO}
      - {{model_name: a, litellm_params: {{model: a}}}}
    litellm_settings: {{fallbacks: [{{large: [small]}}]}}
    router_settings: {{fallbacks: [{{large: [a]}}]}}
    """)
    assert made.table["model"]["routes"][0]["fallbacks"] == ["a"]


def test_fallbacks_of_the_base_alone_are_in_a_last_rule():
    """What only the default model falls back to is not inherited by the rules of others."""
    made = litellm(f"{TWO}\n    router_settings: {{fallbacks: [{{small: [large]}}]}}")
    assert "fallbacks" not in made.table["model"]
    large, last = made.table["model"]["routes"]
    assert "fallbacks" not in large
    assert (last["runtime"], last["fallbacks"]) == ("small", ["large"])


@pytest.mark.parametrize(
    "entry",
    [
        "{model_name: '*', litellm_params: {model: 'openai/*'}}",
        "{model_name: 'x/*', litellm_params: {model: 'x/*'}}",
        "{model_name: e, litellm_params: {model: e}, model_info: {mode: embedding}}",
        "{model_name: e}",
        "{litellm_params: {model: e}}",
        "e",
    ],
)
def test_what_is_no_model_for_turns_is_dropped(entry):
    """Wildcards, embeddings and entries without a name or a model are told and left out."""
    made = litellm(f"{TWO}\n      - {entry}")
    assert list(made.table["runtimes"]) == ["small", "large"]
    assert made.said("dropped", "`model_list[2]`") == 6
    with pytest.raises(NotImportableError, match="no deployment"):
        litellm(f"model_list: [{entry}]")


def test_every_other_section_is_dropped_by_name():
    """Settings that have no place in a table are told, each with its line, and never an error."""
    made = litellm(f"""{TWO}
    general_settings: {{master_key: canary}}
    litellm_settings: {{drop_params: true, num_retries: 3}}
    include: [more.yaml]
    """)
    dropped = [(line, text.split("`")[1]) for line, text in made.notes("dropped")]
    assert dropped == [
        (6, "general_settings"),
        (7, "litellm_settings.drop_params"),
        (7, "litellm_settings.num_retries"),
    ]
    assert made.said("unknown", "`include`") == 8
