"""The messages that the demo feeds."""

import json
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from worker.demo.examples_folder import examples_folder

_NAME = "samples.jsonl"


@contextmanager
def samples_for(exchanges: AbstractSet[str]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Give a file of samples for these exchanges only, and the exchanges that it leaves out.

    A table need not know every platform that the samples are from. Names are without prefix. A
    file that leaves something out exists as long as the block runs.
    """
    everything = examples_folder() / _NAME
    lines = everything.read_text("utf-8").splitlines()
    exchange_of = {line: str(json.loads(line)["exchange"]) for line in lines}
    left_out = tuple(sorted(set(exchange_of.values()) - exchanges))
    if not left_out:
        yield everything, ()
        return
    with TemporaryDirectory(prefix="pointsman-demo-") as folder:
        chosen = Path(folder) / _NAME
        kept = (line for line in lines if exchange_of[line] in exchanges)
        chosen.write_text("".join(f"{line}\n" for line in kept), "utf-8")
        yield chosen, left_out
