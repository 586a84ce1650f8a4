"""Every kind of fault there is."""

from tests.campaign import broker_fault, network_fault, queue_fault, worker_fault
from tests.campaign.stage import Kind

_FAMILIES = (broker_fault, worker_fault, network_fault, queue_fault)

KINDS: dict[str, Kind] = {kind.name: kind for family in _FAMILIES for kind in family.KINDS}
