"""`pointsman run`: the service."""

import os
from typing import Any

from worker.amqp.errors import BrokerError, TopologyMismatch
from worker.cli.config_option import DEFAULT_CONFIG, ConfigOption
from worker.cli.interrupt import end_on_interrupt
from worker.cli.setting_options import with_setting_options
from worker.config_file import load_config
from worker.failure import BROKER, FINDINGS, TOPOLOGY, CommandFailed
from worker.file_mark import file_mark
from worker.setting_variables import unknown_variables
from worker.settings import Settings
from worker.table_source import TableSource


@with_setting_options(*Settings.names())
def run(config: ConfigOption = DEFAULT_CONFIG, **flags: Any) -> None:
    """Run the service: from the in.* exchanges to the queues of models, until SIGTERM.

    A changed table is taken while it runs; SIGHUP has the file looked at as well.

    Exit codes: 0 drained and stopped, 2 settings or table, 3 broker or credentials, 4 topology.

    Example:  pointsman run --config pointsman.yaml --amqp-url amqp://user:password@broker/
    """
    mark = file_mark(config)
    loaded = load_config(config, os.environ)
    settings = loaded.settings(flags, os.environ)
    source = TableSource(config, loaded, settings, flags, os.environ, mark)
    # Not above: AMQP and HTTP take longer to import than `check` takes to check.
    with end_on_interrupt():
        from worker.serve import ServiceFault, serve  # noqa: PLC0415

    try:
        serve(source, (*unknown_variables(os.environ), *loaded.warnings))
    except TopologyMismatch as error:
        raise CommandFailed("\npointsman: ".join(error.mismatches), TOPOLOGY) from None
    except BrokerError as error:
        raise CommandFailed(str(error), BROKER) from None
    except ServiceFault as error:
        raise CommandFailed(str(error), FINDINGS) from None
    except OSError as error:
        host, port = settings.http or ("", 0)
        message = f"cannot listen on {host}:{port}: {error.strerror}; set --http, or `none`"
        raise CommandFailed(message) from None
