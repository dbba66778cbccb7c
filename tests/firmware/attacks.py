"""Attacks on updates, at least twenty of each kind, each with the reason a device must give for refusing.

The attacker answers in the repository's place (files are removed, changed, exchanged, held back), holds one stolen
key or old ones, and has what other boards get. What he cannot do is sign with a threshold of keys.
"""

from tests.firmware.attacks_by_others import crowded, screwdriver, stolen_server_keys, strangers, withheld
from tests.firmware.attacks_in_time import expired, frozen, mixed, rolled_back
from tests.firmware.attacks_on_images import endless, journal_at_risk, tampered_payload, wrong_hardware
from tests.firmware.attacks_on_signatures import one_signature, revoked_key, unsigned, wrong_role
from tests.firmware.cases import Attack


def everything() -> list[Attack]:
    kinds = (
        unsigned,
        one_signature,
        wrong_role,
        expired,
        rolled_back,
        frozen,
        mixed,
        endless,
        wrong_hardware,
        tampered_payload,
        revoked_key,
        strangers,
        withheld,
        crowded,
        stolen_server_keys,
        screwdriver,
        journal_at_risk,
    )
    return [attack for kind in kinds for attack in kind()]
