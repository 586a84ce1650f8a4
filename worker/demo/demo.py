"""The whole system on this machine, from finding a broker to deleting the last queue."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_hex

from worker.amqp.errors import BrokerError
from worker.config_file import Config, load_config
from worker.demo.background import in_background
from worker.demo.broker_unavailable import BrokerUnavailable
from worker.demo.commands import Commands
from worker.demo.demo_broker import delete_topology, first_that_takes_us, take_dead_letters
from worker.demo.display import Display
from worker.demo.examples_folder import examples_folder
from worker.demo.find_broker import FoundBroker, find_broker
from worker.demo.flow import Flow
from worker.demo.free_port import port_near
from worker.demo.play import Play, Script
from worker.demo.reports import Reports
from worker.demo.samples import samples_for
from worker.demo.scene import Scene
from worker.demo.verdict import judge
from worker.failure import BROKER, CommandFailed
from worker.log import silence_libraries
from worker.topology import Topology, plan_topology

_CONSOLE_PORT = 8080
_NOTHING_FED = "Stopped before anything was fed."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person asked for."""

    config: Path | None
    """None is the example table."""
    seconds: float | None
    """None is until Ctrl-C."""
    rate: float
    workers: int


def run_demo(wanted: Wanted, display: Display) -> bool:
    """Run the demo; return whether every message that was fed is accounted for.

    Raises CommandFailed if the table cannot be used or there is no broker to be had.
    """
    path = wanted.config or examples_folder() / "pointsman.yaml"
    config = load_config(path, os.environ)
    silence_libraries()
    with ExitStack() as stack:
        stack.enter_context(_restored_signals())
        try:
            for number in _stop_signals():
                signal.signal(number, signal.default_int_handler)
            found = stack.enter_context(find_broker(display.say))
            display.say(f"Using {found.description}.")
            return asyncio.run(_perform(_Stage(wanted, config, path, found), display))
        except (BrokerUnavailable, BrokerError) as error:
            raise CommandFailed(str(error), BROKER) from None
        except KeyboardInterrupt:
            display.say(_NOTHING_FED)
            return True
        finally:
            # What was started is ended now, and half of that would be worse than a short wait.
            for number in _stop_signals():
                signal.signal(number, signal.SIG_IGN)


@dataclass(frozen=True, slots=True)
class _Stage:
    """What there is before the first process starts."""

    wanted: Wanted
    config: Config
    path: Path
    found: FoundBroker


async def _perform(stage: _Stage, display: Display) -> bool:
    url = await first_that_takes_us(stage.found.url)
    prefix = f"demo-{token_hex(3)}."
    settings = stage.config.settings({"prefix": prefix}, os.environ)
    table, wanted = stage.config.table, stage.wanted
    topology = plan_topology(table, settings)
    exchanges = {exchange.name.removeprefix(prefix) for exchange in topology.exchanges}
    console = f"127.0.0.1:{port_near(_CONSOLE_PORT)}"
    with samples_for(exchanges) as (samples, left_out):
        if left_out:
            display.say(f"{stage.config.name} has no {', '.join(left_out)}: not fed.")
        script = Script(
            commands=Commands(stage.path, prefix, stage.found.url, url, console),
            samples=samples,
            models=sorted(table.known_models),
            workers=wanted.workers,
            rate=wanted.rate,
            seconds=wanted.seconds,
            drain_timeout=settings.drain_timeout,
        )
        scene = Scene(
            stage.found.description, wanted.workers, Flow(prefix), console=f"http://{console}/"
        )
        display.say(f"The console: {scene.console}")
        play = Play(script, scene, Reports(scene))
        await _play(play, scene, topology, display)
    if play.stopped.is_set() and not scene.ledger.fed and not play.faults:
        display.say(_NOTHING_FED)
        return True
    verdict = judge(scene.ledger, play.faults)
    display.conclude(scene, verdict)
    return verdict.well


async def _play(play: Play, scene: Scene, topology: Topology, display: Display) -> None:
    """Play it and show it; afterwards nothing of the topology is left on the broker."""
    url, prefix = play.script.commands.url, play.script.commands.prefix
    take = partial(take_dead_letters, url, topology.dead.name, prefix, play.reports.from_dead_queue)
    with _stopped_by_signals(play):
        try:
            async with in_background(display.follow(scene), on_end=play.stop):
                await play.run(take)
        finally:
            try:
                await delete_topology(url, topology)
            except BrokerError as error:
                play.faults.append(f"not everything could be deleted: {error}")


@contextmanager
def _stopped_by_signals(play: Play) -> Iterator[None]:
    """Have the signals that end us stop the play, and afterwards do nothing."""
    loop = asyncio.get_running_loop()
    numbers = _stop_signals()
    for number in numbers:
        loop.add_signal_handler(number, play.stop)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)


def _stop_signals() -> list[signal.Signals]:
    """Ctrl-C, being ended, and a terminal that is closed, unless that is ignored as by nohup."""
    hung_up = [] if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else [signal.SIGHUP]
    return [signal.SIGINT, signal.SIGTERM, *hung_up]


@contextmanager
def _restored_signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in _stop_signals()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
