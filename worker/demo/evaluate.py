"""Erlang for a private node to evaluate."""

from collections.abc import Mapping
from pathlib import Path

from worker.demo.control_command import ControlCommandFailed, run_control_command
from worker.demo.node_directory import NodeDirectory
from worker.demo.rabbitmq_installation import RabbitmqInstallation

_LONGEST = 200


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
        script = f'V = begin {expressions} end, file:write_file("{output}", io_lib:print(V)).'
        with directory.shared_file(script) as file:
            if installation.erl_call is None:
                call = f'file:script("{file}").'
                command = installation.script("rabbitmqctl", "--silent", "eval", call)
            else:
                call = f'file script ["{file}"]'
                name = directory.node_name
                command = installation.program(installation.erl_call, "-n", name, "-a", call)
            said = " ".join(run_control_command("eval", command, environment, timeout).split())
        if said.replace(" ", "") != "{ok,ok}":
            raise ControlCommandFailed(f"eval: {said[:_LONGEST]}")
        return (directory.path / Path(output).name).read_text()
