import re
import sys

import pytest

from worker.cli.app import main

HERMES = """\
model:
  default: m
  api_key: canary-base
  routes:
    - { match: { platform: slack }, provider: other }
"""
# A key in every place where one can stand, and in some where none should.
HERMES_KEYS = """\
model:
  default: m
  provider: p
  base_url: https://user:canary-user@host.example/v1?api_key=canary-query
  api_key: canary-base
  key_env: canary-other
  default_headers: { Authorization: canary-header }
  extra_body: { token: canary-body }
  command: run
  args: [--api-key, canary-arg]
  entra: { secret: canary-entra }
  routes:
    - { match: { platform: slack }, model: a, api_key: canary-route }
    - { match: { platform: irc }, model: b, api_key: '${IRC:-canary-default}' }
    - { match: { platform: sms }, model: sk-canary-model, api_key_env: sk-canary-name }
    - { match: { user_id: sk-canary-user }, base_url: https://host.example/sk-canary-path/v1 }
    - { match: { sk-canary-fact: x }, model: c }
    - { match: { platform: matrix }, model: c, api_key: { value: canary-nested } }
    - sk-canary-rule
  platforms:
    hub: { model: d, api_key: canary-platform }
    sk-canary-platform: e
    signal: sk-canary-shorthand
  by_source: { stranger: { model: f, api_key: canary-source }, sk-canary-kind: { model: g } }
providers:
  mine: { base_url: https://mine.example?token=canary-provider, api_key: canary-mine }
  sk-canary-provider: { key_cmd: print canary-command }
custom_providers: [{ name: own, base_url: https://own.example, api_key: canary-own }]
fallback_providers:
  - { provider: own, model: h }
  - { provider: mine, model: i, api_key: canary-fallback }
fallback_model: { provider: q, model: j, key_env: 'canary fallback' }
model_aliases: { sk-canary-alias: { model: k, api_key: canary-alias } }
smart_model_routing: { enabled: true, cheap_model: { model: l, api_key: canary-cheap } }
platforms:
  telegram:
    token: canary-token
    api_key: canary-platform-key
    home_channel: { chat_id: sk-canary-chat, secret: canary-home }
    channel_overrides:
      1: { model: n, provider: mine, api_key: canary-override }
      sk-canary-channel: { model: o }
      2: sk-canary-lone
  api_server:
    extra:
      key: canary-extra
      model_routes: { sk-canary-route: { model: p, api_key: canary-api, provider: q } }
gateway:
  multiplex_profiles: true
  profile_routes: [{ platform: irc, profile: sk-canary-profile, token: canary-profile-token }]
api_key:canary-lost: x
sk-canary-section: { password: canary-password }
terminal: { sudo_password: canary-sudo }
model: { api_key: canary-twice }
"""

LITELLM = """\
model_list:
  - { model_name: a, litellm_params: { model: openai/m, api_key: canary } }
  - { model_name: b, litellm_params: { model: n, api_key: os.environ/B } }
"""
LITELLM_KEYS = """\
model_list:
  - model_name: a
    litellm_params:
      model: azure/m
      api_key: canary-key
      api_base: https://user:canary-user@host.example/v1?token=canary-query
      api_version: sk-canary-version
      stop: sk-canary-stop
      organization: canary-organization
      aws_secret_access_key: canary-aws
      vertex_credentials: canary-vertex
      extra_headers: { Authorization: canary-header }
      extra_body: { key: canary-body }
    model_info: { id: sk-canary-id, password: canary-info }
    api_key: canary-beside
  - { model_name: a, litellm_params: { model: n, api_key: 'os.environ/canary-dashed' } }
  - { model_name: sk-canary-name, litellm_params: { model: o, api_key: canary-o } }
  - { model_name: b, litellm_params: { model: sk-canary-model, api_key: sk-canary-b } }
  - { model_name: c, litellm_params: { model: p, litellm_credential_name: sk-canary-credential } }
  - { model_name: d, litellm_params: { model: q, api_key: [canary-list] } }
  - { model_name: e, litellm_params: { sk-canary-param: 1, model: q, rpm: sk-canary-rpm } }
  - sk-canary-entry
credential_list:
  - credential_name: sk-canary-credential
    credential_values: { api_key: canary-credential, api_base: https://h.example/sk-canary-path }
litellm_settings:
  cache_params: { password: canary-cache }
  fallbacks: [{ a: [b, sk-canary-name, sk-canary-fallback] }, { b: [{ api_key: canary-x }] }]
  default_fallbacks: [sk-canary-default]
router_settings:
  redis_password: canary-redis
  routing_strategy: sk-canary-strategy
  model_group_alias: { sk-canary-alias: a, alias: sk-canary-target }
general_settings: { master_key: canary-master, database_url: 'postgresql://u:canary-db@h/d' }
environment_variables: { REDIS_PASSWORD: canary-environment }
api_key:canary-lost: x
sk-canary-section: 1
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Runs `pointsman` in an empty folder; returns exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["pointsman", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        return ended.value.code or 0, output.out, output.err

    return call


@pytest.fixture
def file(tmp_path):
    """Writes a file in the folder where the command runs; returns its name."""

    def write(text, name="config.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return write


def test_the_table_is_written_to_standard_output(run, file, tmp_path):
    """What is printed is a table that `check` finds no error in, and whose tests pass."""
    code, out, _ = run("import", "hermes", file(HERMES))
    assert code == 0
    (tmp_path / "t.yaml").write_text(out)
    code, _, err = run("check", "t.yaml")
    assert code == 0
    assert "tests: 2 passed, 0 failed; 1 of 1 rule covered" in err


def test_what_was_done_is_told_with_its_line(run, file):
    """Standard error has the notes, the variables to set, check's warnings and its totals."""
    _, _, err = run("import", "hermes", file(HERMES))
    assert "config.yaml:1: kept: `model` is the base" in err
    assert "config.yaml:3: changed: `model.api_key` is a key written out" in err
    assert "config.yaml:3: set: MODEL_API_KEY for runners: `model.api_key`" in err
    assert re.search(r"pointsman.yaml:\d+:\d+: warning: `routes\[0\]` changes `provider`", err)
    assert err.endswith("pointsman.yaml: 0 errors, 1 warning; tests: 2 passed, 0 failed\n")


def test_which_model_is_the_default_can_be_asked_for(run, file, tmp_path):
    """`--default` makes another model the base; a name that is none is one line."""
    code, out, _ = run("import", "litellm", file(LITELLM), "--default", "b")
    assert code == 0
    assert "model:\n  default: n\n  api_key: ${B}\n" in out
    code, _, err = run("import", "litellm", "config.yaml", "--default", "sk-canary")
    assert code == 2
    assert err.startswith("pointsman: config.yaml: no model of that default's name")
    assert err.count("\n") == 1


def test_the_output_is_only_replaced_if_forced(run, file, tmp_path):
    """An existing file is refused with one line, and replaced with `--force`."""
    file(HERMES)
    file("mine", "o.yaml")
    code, out, err = run("import", "hermes", "config.yaml", "-o", "o.yaml")
    assert (code, out, err) == (2, "", "pointsman: o.yaml exists; --force replaces it\n")
    assert (tmp_path / "o.yaml").read_text() == "mine"
    assert run("import", "hermes", "config.yaml", "-o", "o.yaml", "--force")[0] == 0
    assert "default: m" in (tmp_path / "o.yaml").read_text()


def test_the_source_is_never_replaced(run, file, tmp_path):
    """The file that is read is not written, whatever is asked."""
    file(HERMES)
    code, _, err = run("import", "hermes", "config.yaml", "-o", "./config.yaml", "--force")
    assert code == 2
    assert "is the file to read" in err
    assert (tmp_path / "config.yaml").read_text() == HERMES


def test_an_output_that_cannot_be_written_is_one_line(run, file):
    """A folder that is not there is told, without a traceback."""
    code, _, err = run("import", "hermes", file(HERMES), "-o", "absent/o.yaml")
    assert code == 2
    assert err.splitlines()[-1].startswith("pointsman: absent/o.yaml: cannot be written: No such")


@pytest.mark.parametrize("what", ["hermes", "litellm"])
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "config.yaml: it is empty"),
        ("[a]", "config.yaml: it is no mapping"),
        ("just text", "config.yaml: it is no mapping"),
        ("a: [", "config.yaml:1:4: error: not YAML"),
        ("a: !ENV b", "config.yaml:1:4: error: tags are not read here"),
        ("other: 1", "config.yaml: "),
    ],
)
def test_a_file_that_is_no_configuration_is_one_line(run, file, what, text, why):
    """What cannot be a configuration is exit 2 and one clear line."""
    code, out, err = run("import", what, file(text))
    assert (code, out) == (2, "")
    assert err.startswith(f"pointsman: {why}")
    assert err.count("\n") == 1


def test_a_file_that_is_not_there_is_one_line(run):
    """A missing file is told as every command tells it."""
    code, _, err = run("import", "hermes", "absent.yaml")
    assert (code, err) == (2, "pointsman: absent.yaml: cannot be read: No such file or directory\n")


@pytest.mark.parametrize(("what", "text"), [("hermes", HERMES_KEYS), ("litellm", LITELLM_KEYS)])
def test_no_key_is_copied_or_shown(run, file, what, text):
    """A key in any place is neither in the table nor in what is said of it."""
    code, out, err = run("import", what, file(text))
    assert code == 0, err
    assert "0 errors" in err
    for said in (out, err):
        shown = [line for line in said.splitlines() if "canary" in line.lower()]
        assert not shown


@pytest.mark.parametrize("what", ["hermes", "litellm"])
def test_help_has_an_example(run, what):
    """The help shows the command as it is called."""
    code, out, _ = run("import", what, "--help")
    assert code == 0
    assert f"pointsman import {what} " in out
