"""The messages that the demo feeds."""

import json
from collections.abc import Set as AbstractSet
from pathlib import Path

from worker.demo.examples_folder import examples_folder

_NAME = "samples.jsonl"


def samples_for(exchanges: AbstractSet[str], folder: Path) -> tuple[Path, tuple[str, ...]]:
    """Return a file of samples for these exchanges only, and the exchanges that it leaves out.

    A table need not know every platform that the samples are from. Names are without prefix; the
    file is made in `folder` if it has to leave something out.
    """
    everything = examples_folder() / _NAME
    lines = everything.read_text("utf-8").splitlines()
    exchange_of = {line: str(json.loads(line)["exchange"]) for line in lines}
    left_out = sorted(set(exchange_of.values()) - exchanges)
    if not left_out:
        return everything, ()
    chosen = folder / _NAME
    kept = [line for line in lines if exchange_of[line] in exchanges]
    chosen.write_text("".join(f"{line}\n" for line in kept), "utf-8")
    return chosen, tuple(left_out)
