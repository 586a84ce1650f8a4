"""Every attack there is, by theme, and every defence of the worker's."""

from tests.broker.attacks import (
    conversation,
    headers,
    loops,
    origin,
    override,
    owner,
    permissions,
    removals_further,
    removals_origin,
    removals_owner,
    signatures,
)
from tests.broker.attacks.removal import Removals

THEMES = {
    "Being another platform or feeder": origin.ATTACKS,
    "Being the owner": owner.ATTACKS,
    "Being in another conversation": conversation.ATTACKS,
    "Choosing what is not yours": override.ATTACKS,
    "Properties and headers": headers.ATTACKS,
    "Signatures": signatures.ATTACKS,
    "Loops": loops.ATTACKS,
    "Where a user has no business": permissions.ATTACKS,
}
ATTACKS = tuple(attack for attacks in THEMES.values() for attack in attacks)

REMOVALS: Removals = {
    **removals_origin.REMOVALS,
    **removals_owner.REMOVALS,
    **removals_further.REMOVALS,
}
BY_THE_BROKER = {
    "users have the least permissions": "insider",
    "the broker checks `user_id`": "impersonator",
}
"""What the broker stops, and a user whom it lets do that."""
