"""How much is logged, changed by signal while the process runs."""

import asyncio
import signal

from worker.log import Log


def obey_log_signals(loop: asyncio.AbstractEventLoop, log: Log) -> None:
    """Have SIGUSR1 write everything to the log, and SIGUSR2 what the settings say."""
    loop.add_signal_handler(signal.SIGUSR1, log.write_everything)
    loop.add_signal_handler(signal.SIGUSR2, log.write_as_set)
