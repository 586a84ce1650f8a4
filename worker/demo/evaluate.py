"""Erlang for a private node to evaluate."""

import json
from collections.abc import Mapping
from pathlib import Path

from worker.demo.control_command import ControlCommandFailed, run_control_command
from worker.demo.node_directory import NodeDirectory
from worker.demo.rabbitmq_installation import RabbitmqInstallation

# What it fails of is told by its kind alone: all of it quotes arguments, which may be passwords.
_SCRIPT = """\
try V = begin {expressions} end, file:write_file("{output}",
    unicode:characters_to_binary(io_lib:format("~0tp", [V])))
catch Class:R -> {{Class, case R of
    R when is_atom(R) -> R;
    R when is_tuple(R), is_atom(element(1, R)) -> element(1, R);
    _ -> other end}} end.
"""


def evaluate(
    expressions: str,
    directory: NodeDirectory,
    installation: RabbitmqInstallation,
    environment: Mapping[str, str],
    timeout: float,
) -> str:
    """Return the value of the last expression, as Erlang writes it.

    Takes some milliseconds, where a control command starts an Erlang of its own for half a second.
    Raises `ControlCommandFailed` if one fails, or after `timeout` seconds.
    """
    with directory.shared_file() as output:
        script = _SCRIPT.format(expressions=expressions, output=output)
        with directory.shared_file(script) as file:
            if installation.erl_call is None:
                call = f'file:script("{file}").'
                command = installation.script("rabbitmqctl", "--silent", "eval", call)
            else:
                call = f'file script ["{file}"]'
                name = directory.node_name
                command = installation.program(installation.erl_call, "-n", name, "-a", call)
            said = run_control_command("evaluate", command, environment, timeout)
        what, _, how = said.strip("{}").replace(" ", "").partition(",")
        if what != "ok":
            raise ControlCommandFailed("evaluate: the node cannot read that")
        if how != "ok":
            raise ControlCommandFailed(f"evaluate: it failed, {how.strip('{}')}")
        return (directory.path / Path(output).name).read_text("utf-8", errors="replace")


def binary(text: str) -> str:
    """Return text as Erlang writes a binary of it."""
    return f"<<{json.dumps(text, ensure_ascii=False)}/utf8>>"
