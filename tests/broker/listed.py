"""What a broker has, as the broker lists it."""

import base64
import json
from typing import Any

from worker.demo.evaluate import binary
from worker.demo.private_broker import PrivateBroker

_ASK = {
    "queues": "rabbit_amqqueue:info_all(VHost, Columns)",
    "exchanges": "rabbit_exchange:info_all(VHost, Columns)",
    "bindings": "rabbit_binding:info_all(VHost, Columns)",
    "consumers": "rabbit_amqqueue:consumers_all(VHost)",
    "channels": (
        "[C || C <- rabbit_channel:info_all([vhost | Columns]),"
        " proplists:get_value(vhost, C) =:= VHost]"
    ),
}
# A field of an AMQP table is a key, a type and a value.
_AS_JSON = """
Value = fun Value({resource, _, _, Name}) -> Name;
            Value({Key, _, Of}) -> {Key, Value(Of)};
            Value({arguments, []}) -> {arguments, #{}};
            Value({Key, Of}) -> {Key, Value(Of)};
            Value([{_, _, _} | _] = Table) -> maps:from_list([Value(Field) || Field <- Table]);
            Value(Pid) when is_pid(Pid) -> list_to_binary(pid_to_list(Pid));
            Value(Other) -> Other
        end,
base64:encode(iolist_to_binary(rabbit_json:encode(
    [maps:from_list([Value(C) || {K, _} = C <- Row, lists:member(K, Columns)]) || Row <- Rows])))
"""


def listed(
    broker: PrivateBroker, vhost: str, what: str, column: str, *columns: str
) -> list[dict[str, Any]]:
    """Return these columns of all queues, exchanges, bindings, consumers or channels of a vhost.

    The columns are those of `rabbitmqctl list_queues` and so on, names are without their kind, and
    arguments a mapping.
    """
    said = broker.evaluate(
        f"VHost = {binary(vhost)}, Columns = [{', '.join((column, *columns))}],"
        f" Rows = {_ASK[what]}, {_AS_JSON}"
    )
    found: list[dict[str, Any]] = json.loads(base64.b64decode(said.removeprefix('<<"')[:-3]))
    return found
