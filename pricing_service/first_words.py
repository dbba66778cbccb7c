"""What is known of a till beside its cable: whether the service hears it, what it says, which records arrived."""

import re
from contextlib import closing

from firmware.usb import Usb
from pos_client.claim import Unusable
from pricing_service import fleet, provisioning
from pricing_service.device_command import out
from pricing_service.settings import Settings


def listen(usb: Usb, name: str, port: str, service: str, seconds: int) -> None:
    """Say how the till that was just started fares, until the service hears ``name``, or until it has joined the Wi-Fi
    if that is empty. Raises `Unusable` after ``seconds``, or once the key is refused: an hour later it is in the shop.
    """
    out.print(f"listening to it for {seconds} s; Ctrl-C leaves it alone ...")
    trouble = "it said nothing"
    address = ""
    for line in usb.heard(seconds):
        word, _, rest = line.partition(" ")
        if word == "wifi:" and rest != address and re.fullmatch("[0-9.]+", rest):
            address = rest
            out.print(f"It is in the Wi-Fi: http://{address}:{port}/", highlight=False)
        elif line:
            trouble = f"it says {line!r}"
        if line.endswith("refuses the key"):
            break
        if _is_heard(name) if name else address:
            if name:
                out.print(f"The service hears {name}.", highlight=False)
            return
    missing = (
        f"the service does not hear it: does the Wi-Fi reach {service}?" if address else "it has no Wi-Fi:"
    )
    raise Unusable(f"the till is whole and runs, but {missing} {trouble}")


def _is_heard(name: str) -> bool:
    """Whether the present enrolment of a till ever spoke to the service."""
    with closing(provisioning.opened(Settings())) as database, database.reading() as connection:
        return any(one.last_seen is not None for one in fleet.in_force(connection, name))


def held(device: str, epoch: int) -> int:
    """Up to which record of an enrolment everything is here."""
    with closing(provisioning.opened(Settings())) as database, database.reading() as connection:
        known = fleet.get(connection, device, epoch)
    return known.acknowledged if known else 0
