import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.document import read_document
from routing.report import Report
from tests.worker.importing.importing import NOW
from worker.importing.hermes import import_hermes
from worker.importing.imported_table import NotImportableError
from worker.importing.litellm import import_litellm
from worker.importing.trial import try_text
from worker.importing.yaml_text import yaml_text

HERMES = """
    model default provider base_url api_key api_key_env routes match platforms by_source owner
    stranger platform user_id source_kind name enabled deny args command max_tokens hub discord
    telegram home_channel chat_id thread_id channel_overrides extra model_routes api_server gateway
    profile_routes multiplex_profiles profile guild_id smart_model_routing cheap_model
    max_simple_chars fallback_providers fallback_model model_aliases providers custom_providers
    group_sessions_per_user base open
""".split()
LITELLM = """
    model_list model_name litellm_params model api_key api_base custom_llm_provider rpm tpm weight
    model_info id mode litellm_settings router_settings fallbacks default_fallbacks
    model_group_alias model_alias_map routing_strategy credential_list credential_name
    credential_values litellm_credential_name temperature stop include a b base
""".split()
SCALARS = st.sampled_from(
    "m a b base runtimes.x true false 1 0.5 -1 1e9 ${A} ${A:-b} ${ a${B os.environ/C discord Open"
    " openai/x https://h.example https://u:p@h * cron owner hub:x [ ]".split()
) | st.sampled_from(["", " ", "a\nb", "é", "a: b", "\x07", "https://[", "x" * 300])


def documents(words):
    """Structures in which the words of a configuration stand anywhere."""
    keys = st.sampled_from(words)
    return st.dictionaries(
        keys,
        st.recursive(
            SCALARS | st.none() | st.integers() | st.booleans(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
            max_leaves=12,
        ),
        max_size=6,
    )


def likely(words, **known):
    """The same, in which what every configuration has is in its place."""
    parts = {
        key: st.just(value) if isinstance(value, str) else value for key, value in known.items()
    }
    return st.tuples(documents(words), st.fixed_dictionaries(parts)).map(
        lambda two: two[0] | two[1]
    )


MODEL = likely(HERMES, default="m", routes=st.lists(documents(HERMES), max_size=3))
PLATFORMS = st.dictionaries(st.sampled_from(HERMES), documents(HERMES), max_size=3)
DEPLOYMENTS = st.lists(
    likely(LITELLM, model_name=SCALARS, litellm_params=likely(LITELLM, model=SCALARS)), max_size=4
)
SOURCES = {
    import_hermes: likely(HERMES, model=MODEL, platforms=PLATFORMS),
    import_litellm: likely(LITELLM, model_list=DEPLOYMENTS),
}


@pytest.mark.parametrize("convert", SOURCES, ids=["hermes", "litellm"])
@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_whatever_the_source_the_table_is_sound(convert, data):
    """A configuration is refused in one line, or becomes a table that loads and passes its tests."""
    source = data.draw(SOURCES[convert] | documents(HERMES + LITELLM))
    root = read_document(json.dumps(source).encode(), Report())
    assert root is not None
    try:
        made = convert(root, NOW)
    except NotImportableError as error:
        said = [str(error)]
    else:
        said = [note.text for note in made.notes]
        trial = try_text(yaml_text(made.document), NOW)
        assert trial.is_sound, [problem.text for problem in trial.problems]
    assert not any("\n" in text for text in said)
