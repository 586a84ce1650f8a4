"""What is printed of an object, on purpose or by a debugger, shows no secret it holds."""

import json
from datetime import UTC, datetime
from types import MappingProxyType

import pytest
from pydantic import ValidationError

from contracts import InboundMessage, TurnJob
from routing.decide import Router
from routing.document import read_document
from routing.load_table import load_table
from routing.reader import Reader
from routing.report import Report
from tests.secrets.marker import found
from tests.secrets.places import FRAME, HEADERS, MESSAGE, TABLE, VARIABLES, Written
from worker.config_file import check_file
from worker.demo.commands import Commands
from worker.envelope import read_delivery
from worker.pipeline.build_job import Stamp
from worker.pipeline.pipeline import Limits, Pipeline
from worker.settings import Settings
from worker.table_source import TableSource
from worker.tried_file import try_file


def objects(folder, written):
    """All that can hold a secret, made of places that do."""
    environ = {name: written.fill(value, name) for name, value in VARIABLES.items()}
    file = folder / "pointsman.yaml"
    file.write_text(json.dumps(written.fill(TABLE, "table")))
    yield (checked := check_file(file, environ))
    yield (config := checked.config)
    assert config is not None
    yield config.table
    yield Router(config.table)
    yield load_table(file.read_bytes(), environ)
    yield read_document(file.read_bytes(), Report())
    yield Reader(Report(), environ)
    yield try_file(checked, datetime.now(UTC))
    yield (settings := Settings.load({}, environ, {}))
    yield TableSource(file, config, settings, MappingProxyType({}), environ)
    url = environ["POINTSMAN_AMQP_URL"]
    yield Commands(file, "", url, url)
    yield (pipeline := Pipeline(Router(config.table), Limits()))
    for exchange, document in (("in.slack", MESSAGE), ("in.hub", FRAME)):
        for body in (
            written.fill(document, exchange),
            {**written.fill(document, "bad"), "text": 1},
        ):
            headers = written.fill(HEADERS, "headers")
            envelope = {"exchange": exchange, "body": body, "properties": {"headers": headers}}
            yield (delivery := read_delivery(json.dumps(envelope).encode(), 1))
            yield delivery.properties
            yield (made := pipeline(delivery, Stamp(datetime.now(UTC), 1)))
            yield made.publication


def test_no_repr_shows_a_secret(tmp_path):
    """Tables, settings, deliveries and what is made of them show neither keys nor what was said."""
    written = Written()
    shown = [(type(each), f"{each!r} {each!s}") for each in objects(tmp_path, written)]
    assert len(shown) >= 20
    for kind, text in shown:
        assert found(text, [*written.secrets, *written.said]) == [], kind


@pytest.mark.parametrize("contract", [InboundMessage, TurnJob])
def test_what_is_wrong_with_a_message_is_told_without_what_it_says(contract):
    """The errors of the contracts, which runners and feeders may log, quote no value."""
    written = Written()
    document = {**written.fill(MESSAGE, "message"), "hops": "many", "purpose": written.mark("a")}
    document["message"] = written.fill(MESSAGE, "inside") | {"text": [written.mark("text")]}
    with pytest.raises(ValidationError) as caught:
        contract.model_validate(document)
    told = f"{caught.value} {caught.value!r}"
    assert "hops" in told
    assert found(told, [*written.secrets, *written.said]) == []
