"""What `pointsman run` is given to do in a round."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """`messages` of so many `conversations` wait in `partitions` inbound queues, `rounds` times.

    `queue_type` is that of every queue; `prefetch` counts unsettled deliveries per partition.
    """

    queue_type: str
    messages: int
    rounds: int
    conversations: int
    prefetch: int
    partitions: int
