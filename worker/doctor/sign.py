"""Everything that the doctor can say: each with its stable name, its group and how bad it is."""

from enum import Enum, StrEnum

from worker.failure import BROKER, FINDINGS, TOPOLOGY, USAGE


class Level(StrEnum):
    """Well, worth knowing by day, or worth getting up for."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


class Group(StrEnum):
    """What a line is about, in the order in which lines are shown."""

    TABLE = "table"
    KEYS = "keys"
    BROKER = "broker"
    TRANSPORT = "transport"
    CLOCK = "clock"
    PERMISSIONS = "permissions"
    TOPOLOGY = "topology"
    INTAKE = "intake"
    RUNNERS = "runners"
    DEAD_LETTERS = "dead letters"
    WORKER = "worker"


_OK, _WARNING, _PROBLEM = Level.OK, Level.WARNING, Level.PROBLEM


class Sign(Enum):
    """`id` is its name in JSON and in docs/operating.md, `code` what the command exits with."""

    TABLE_GOOD = "table_good", Group.TABLE, _OK
    TABLE_WARNINGS = "table_warnings", Group.TABLE, _WARNING
    TABLE_ERRORS = "table_errors", Group.TABLE, _PROBLEM, USAGE
    TABLE_TESTS_FAILED = "table_tests_failed", Group.TABLE, _PROBLEM
    SETTINGS_UNUSABLE = "settings_unusable", Group.TABLE, _PROBLEM, USAGE
    VARIABLES_UNKNOWN = "variables_unknown", Group.TABLE, _WARNING

    SIGNING_KEYS_HERE = "signing_keys_here", Group.KEYS, _OK
    SIGNING_KEY_DOUBTFUL = "signing_key_doubtful", Group.KEYS, _WARNING
    SIGNING_KEY_MISSING = "signing_key_missing", Group.KEYS, _PROBLEM, USAGE
    CREDENTIALS_HERE = "credentials_here", Group.KEYS, _OK
    CREDENTIALS_ELSEWHERE = "credentials_elsewhere", Group.KEYS, _OK
    CREDENTIALS_MISSING = "credentials_missing", Group.KEYS, _WARNING
    SECRET_FILE_OPEN = "secret_file_open", Group.KEYS, _WARNING

    BROKER_REACHED = "broker_reached", Group.BROKER, _OK
    HOST_UNREACHABLE = "host_unreachable", Group.BROKER, _WARNING
    BROKER_UNREACHABLE = "broker_unreachable", Group.BROKER, _PROBLEM, BROKER
    ACCESS_REFUSED = "access_refused", Group.BROKER, _PROBLEM, BROKER
    BROKER_SILENT = "broker_silent", Group.BROKER, _PROBLEM, BROKER
    BROKER_UNTRIED = "broker_untried", Group.BROKER, _WARNING
    BROKER_LACKS = "broker_lacks", Group.BROKER, _PROBLEM, BROKER
    CLUSTERS_DIFFER = "clusters_differ", Group.BROKER, _WARNING
    CONNECTION_LIMITS = "connection_limits", Group.BROKER, _WARNING
    PUBLISHING_OPEN = "publishing_open", Group.BROKER, _OK
    PUBLISHING_BLOCKED = "publishing_blocked", Group.BROKER, _PROBLEM

    TLS_GOOD = "tls_good", Group.TRANSPORT, _OK
    TLS_NOT_NEEDED = "tls_not_needed", Group.TRANSPORT, _OK
    TLS_OFF = "tls_off", Group.TRANSPORT, _WARNING
    TLS_UNVERIFIED = "tls_unverified", Group.TRANSPORT, _WARNING
    CERTIFICATE_EXPIRES = "certificate_expires", Group.TRANSPORT, _WARNING
    GUEST_USER = "guest_user", Group.TRANSPORT, _WARNING

    CLOCK_AGREES = "clock_agrees", Group.CLOCK, _OK
    CLOCK_UNSEEN = "clock_unseen", Group.CLOCK, _OK
    CLOCK_UNSYNCHRONISED = "clock_unsynchronised", Group.CLOCK, _WARNING
    CLOCK_DIFFERS = "clock_differs", Group.CLOCK, _WARNING
    CLOCK_WRONG = "clock_wrong", Group.CLOCK, _PROBLEM

    PERMISSIONS_ENOUGH = "permissions_enough", Group.PERMISSIONS, _OK
    PERMISSIONS_UNSEEN = "permissions_unseen", Group.PERMISSIONS, _OK
    PERMISSION_MISSING = "permission_missing", Group.PERMISSIONS, _PROBLEM, BROKER

    TOPOLOGY_GOOD = "topology_good", Group.TOPOLOGY, _OK
    TOPOLOGY_ABSENT = "topology_absent", Group.TOPOLOGY, _WARNING
    MODEL_QUEUE_MISSING = "model_queue_missing", Group.TOPOLOGY, _WARNING
    TOPOLOGY_MISSING = "topology_missing", Group.TOPOLOGY, _PROBLEM, TOPOLOGY
    ARGUMENTS_DIFFER = "arguments_differ", Group.TOPOLOGY, _PROBLEM, TOPOLOGY
    PARTITIONS_DIFFER = "partitions_differ", Group.TOPOLOGY, _PROBLEM, TOPOLOGY
    ISOLATION_DIFFERS = "isolation_differs", Group.TOPOLOGY, _PROBLEM, TOPOLOGY
    REPARTITION_UNDER_WAY = "repartition_under_way", Group.TOPOLOGY, _PROBLEM, TOPOLOGY
    PLUGIN_MISSING = "plugin_missing", Group.TOPOLOGY, _PROBLEM, TOPOLOGY

    PARTITIONS_CONSUMED = "partitions_consumed", Group.INTAKE, _OK
    NO_WORKER = "no_worker", Group.INTAKE, _WARNING
    MESSAGES_WITHOUT_WORKER = "messages_without_worker", Group.INTAKE, _PROBLEM
    PARTITION_UNSERVED = "partition_unserved", Group.INTAKE, _PROBLEM
    MESSAGES_WAIT = "messages_wait", Group.INTAKE, _WARNING
    PARTITIONS_UNEVEN = "partitions_uneven", Group.INTAKE, _WARNING
    ISOLATED_NEARLY_FULL = "isolated_nearly_full", Group.INTAKE, _WARNING
    ISOLATED_FULL = "isolated_full", Group.INTAKE, _PROBLEM

    RUNNERS_CONSUME = "runners_consume", Group.RUNNERS, _OK
    RUNNERS_IDLE = "runners_idle", Group.RUNNERS, _OK
    RUNNERS_ABSENT = "runners_absent", Group.RUNNERS, _WARNING
    JOBS_WITHOUT_RUNNER = "jobs_without_runner", Group.RUNNERS, _PROBLEM
    JOBS_WAIT = "jobs_wait", Group.RUNNERS, _WARNING
    MODEL_QUEUE_NEARLY_FULL = "model_queue_nearly_full", Group.RUNNERS, _WARNING
    MODEL_QUEUE_FULL = "model_queue_full", Group.RUNNERS, _PROBLEM

    DEAD_EMPTY = "dead_empty", Group.DEAD_LETTERS, _OK
    DEAD_LETTERS = "dead_letters", Group.DEAD_LETTERS, _WARNING

    WORKER_READY = "worker_ready", Group.WORKER, _OK
    WORKER_ELSEWHERE = "worker_elsewhere", Group.WORKER, _OK
    WORKER_NOT_READY = "worker_not_ready", Group.WORKER, _PROBLEM
    WORKER_TABLE_REFUSED = "worker_table_refused", Group.WORKER, _WARNING
    WORKER_TABLE_DIFFERS = "worker_table_differs", Group.WORKER, _WARNING
    WORKER_NEEDS_RESTART = "worker_needs_restart", Group.WORKER, _WARNING
    QUEUES_LEFT = "queues_left", Group.WORKER, _WARNING

    def __init__(self, id_: str, group: Group, level: Level, code: int = FINDINGS) -> None:
        self.id = id_
        self.group = group
        self.level = level
        self.code = code
