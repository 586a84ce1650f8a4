"""Everything that is looked at, in the order in which one thing depends on another."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from worker.amqp.broker_url import shown
from worker.amqp.look import look
from worker.broker_user import Role
from worker.broker_users import plan_users
from worker.config_file import CheckedFile, Config, check_file
from worker.doctor.broker_facts import HostFacts
from worker.doctor.broker_findings import broker_findings
from worker.doctor.clock_findings import clock_findings
from worker.doctor.finding import Finding
from worker.doctor.intake_findings import intake_findings
from worker.doctor.kernel_clock import clock_is_synchronised
from worker.doctor.key_facts import key_facts
from worker.doctor.key_findings import key_findings
from worker.doctor.permission_findings import permission_findings
from worker.doctor.ready_answer import ready_answer
from worker.doctor.runner_findings import dead_findings, runner_findings
from worker.doctor.table_findings import settings_finding, table_findings
from worker.doctor.topology_findings import topology_findings
from worker.doctor.transport_findings import transport_findings
from worker.doctor.worker_findings import worker_findings
from worker.failure import CommandFailed
from worker.setting_variables import unknown_variables
from worker.settings import SettingError, Settings
from worker.topology import Topology, plan_topology
from worker.tried_file import try_file


@dataclass(slots=True)
class Doctor:
    """Examines a table, its settings, the broker and the worker of this machine.

    `timeout` is in seconds, for each question to the broker. `say` is called with what is looked
    at next. Nothing is changed anywhere, and no message is taken.
    """

    path: Path
    flags: Mapping[str, str | None] = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)
    timeout: float
    say: Callable[[str], None]

    async def examine(self) -> tuple[Finding, ...]:
        """Return what was found, in the order of its groups."""
        self.say(f"the table {self.path}")
        checked = check_file(self.path, self.environ)
        tried = try_file(checked, datetime.now(UTC))
        found = list(table_findings(tried, unknown_variables(self.environ)))
        config = checked.config
        try:
            settings = self._settings(checked)
        except (CommandFailed, SettingError) as error:
            return (*found, settings_finding(str(error)))
        topology = None
        if config is not None:
            found += key_findings(key_facts(config, settings, self.path, self.environ))
            topology = plan_topology(config.table, settings)
        hosts = await self._hosts(settings, topology)
        found += broker_findings(hosts)
        found += transport_findings(hosts, datetime.now(UTC), verify=settings.amqp_verify)
        found += clock_findings(hosts, synchronised=clock_is_synchronised())
        for facts in hosts:
            if config is not None and topology is not None:
                found += _content(facts, config, settings, topology)
        found += await self._worker(settings, config)
        return tuple(found)

    def _settings(self, checked: CheckedFile) -> Settings:
        """Return the settings; with a table that has errors, what can be had of them."""
        if (config := checked.config) is not None:
            return config.settings(self.flags, self.environ)
        loaded = checked.loaded
        stated = {} if loaded is None else loaded.settings
        sound = {n: s.text for n, s in stated.items() if Settings.check(n, s.text) is None}
        return Settings.load(self.flags, self.environ, sound)

    async def _hosts(self, settings: Settings, topology: Topology | None) -> Sequence[HostFacts]:
        hosts: list[HostFacts] = []
        for url in settings.amqp_url:
            self.say(shown(url))
            # Its queues are the same on every node of a cluster.
            seen = any(facts.seen is not None and facts.silent is None for facts in hosts)
            hosts.append(await look(settings, url, None if seen else topology, self.timeout))
        return hosts

    async def _worker(self, settings: Settings, config: Config | None) -> Sequence[Finding]:
        answer = None
        if settings.http is not None:
            self.say("the worker of this machine")
            answer = await asyncio.to_thread(ready_answer, settings.http, self.timeout)
        digest = config.table.digest if config is not None else None
        return list(worker_findings(settings.http, answer, digest))


def _content(
    facts: HostFacts, config: Config, settings: Settings, topology: Topology
) -> Sequence[Finding]:
    users = plan_users(config.table, topology, settings.prefix)
    others = {user.name: user.purpose for user in users if user.role is not Role.WORKER}
    found = [*permission_findings(facts, others), *topology_findings(facts, topology)]
    if facts.seen is not None and facts.silent is None:
        found += intake_findings(facts.seen, topology, settings)
        found += runner_findings(facts.seen, topology, settings)
        found += dead_findings(facts.seen, topology)
    return found
