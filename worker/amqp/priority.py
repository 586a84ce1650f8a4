"""Which worker serves which partition."""

from hashlib import sha256

from worker.partitions import Partition


def rendezvous_priority(worker_id: str, partition: Partition) -> int:
    """Return the consumer priority of a worker on a partition, from 0 to 2**31 - 1.

    The highest of all workers' hashes wins a partition, so each worker knows its own without
    asking, a newcomer takes over about its share, and nothing else moves.
    """
    digest = sha256(f"{worker_id}\n{partition}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
