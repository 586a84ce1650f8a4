import json

import pytest

from contracts.schema import CONTRACTS, DIALECT, FOLDER, json_schema, schema_text


@pytest.mark.parametrize("name", CONTRACTS)
def test_committed_schemas_are_those_of_the_contracts(name):
    """A contract and its committed schema change together; `pointsman schema -o` writes them."""
    committed = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert committed == schema_text(name), f"run: pointsman schema --output {FOLDER.name}"


def test_every_committed_schema_has_its_contract():
    """No schema lies about whose contract is gone."""
    assert {path.stem for path in FOLDER.iterdir()} == set(CONTRACTS)


@pytest.mark.parametrize("name", CONTRACTS)
def test_schemas_say_what_they_are(name):
    """Each schema names its dialect and itself."""
    schema = json_schema(name)
    assert schema["$schema"] == DIALECT
    assert schema["$id"] == f"urn:pointsman:schema:{name}"
    assert list(schema)[:2] == ["$schema", "$id"]


def test_schemas_allow_what_later_versions_add():
    """Neither contract forbids fields that it does not know."""
    assert "false" not in {
        json.dumps(part.get("additionalProperties"))
        for name in CONTRACTS
        for part in (json_schema(name), *json_schema(name)["$defs"].values())
    }


def test_a_turn_job_requires_its_core():
    """A job must have what a runner cannot do without."""
    assert {
        "turn_id",
        "conversation_id",
        "sequence",
        "message",
        "source",
        "runtime",
        "route",
        "received_at",
    } == set(json_schema("turn_job.v1")["required"])
