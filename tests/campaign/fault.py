"""Every kind of fault there is."""

from tests.campaign import broker_fault
from tests.campaign.stage import Kind

KINDS: dict[str, Kind] = {kind.name: kind for kind in (*broker_fault.KINDS,)}
