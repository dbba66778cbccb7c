"""Which slot runs, in files outside both of them; `firmware/boot.py` reads them with code of its own.

``pointer``: ``{"confirmed": [slot, version], "trial": [slot, version] or null}``, replaced whole. ``trial``: "7 2", two
boots of version 7 were counted. ``fallback``: the last version that did not make it, and why; it stays, so that the
same image is not tried for ever.
"""

import json

from firmware.update import ratchet
from firmware.update.refusal import Refusal

SLOTS = ("a", "b")


def read(storage) -> dict:
    """The pointer. Without one, slot a as the device was provisioned. Raises `Refusal` or `OSError`."""
    if "pointer" not in storage.names():
        return {"confirmed": ["a", 0], "trial": None}
    try:
        pointer = json.loads(storage.read("pointer"))
        if pointer["confirmed"][0] in SLOTS and (pointer["trial"] is None or pointer["trial"][0] in SLOTS):
            return pointer
    except (LookupError, TypeError, ValueError):
        pass
    raise Refusal("pointer-damaged", "provision this device anew")


def free_slot(storage, running: str) -> str:
    """The slot an update may overwrite. Raises `Refusal` during a trial: the other is what it falls back to."""
    pointer = read(storage)
    if pointer["trial"] or running != pointer["confirmed"][0]:
        raise Refusal("on-trial", "another update is not decided yet")
    return SLOTS[running == "a"]


def begin_trial(storage, slot: str, version: int) -> None:
    """The commit of an update: the next start tries ``slot``."""
    pointer = read(storage)
    pointer["trial"] = [slot, version]
    storage.replace("pointer", json.dumps(pointer).encode())


def is_on_trial(storage, running: str) -> bool:
    """Whether what runs still has to confirm itself."""
    trial = read(storage)["trial"]
    return trial is not None and trial[0] == running


def confirm(storage, running: str) -> None:
    """What runs is good. The ratchet follows; where the power goes between the two, `settle` lifts it."""
    pointer = read(storage)
    if pointer["trial"] and pointer["trial"][0] == running:
        storage.replace("pointer", json.dumps({"confirmed": pointer["trial"], "trial": None}).encode())
        settle(storage, running)


def settle(storage, running: str) -> None:
    """To do at every start: end a trial that fell back, and lift the ratchet to what is confirmed.

    Raises `OSError` on a full medium; a till sells on, and the next start does it.
    """
    pointer = read(storage)
    if pointer["trial"] and pointer["confirmed"][0] == running:
        if fallen(storage).get("version") != pointer["trial"][1]:
            fell(storage, pointer["trial"], "unconfirmed")
        pointer["trial"] = None
        storage.replace("pointer", json.dumps(pointer).encode())
    if pointer["confirmed"][1] and fallen(storage).get("version") == pointer["confirmed"][1]:
        storage.remove("fallback")  # it failed once and then did confirm itself
    kept = kept_ratchet(storage)
    if kept["image"] < pointer["confirmed"][1]:
        storage.replace("ratchet", ratchet.written(ratchet.lifted(kept, image=pointer["confirmed"][1])))


def fell(storage, trial: list, why: str) -> None:
    """Note why a version does not make it, for the service and for `fallen`."""
    storage.replace("fallback", json.dumps({"slot": trial[0], "version": trial[1], "why": why}).encode())


def fallen(storage) -> dict:
    """``slot``, ``version`` and ``why`` of the last version that did not make it, or nothing."""
    if "fallback" not in storage.names():
        return {}
    try:
        return json.loads(storage.read("fallback"))
    except ValueError:
        return {}


def kept_ratchet(storage) -> dict:
    """Raises `Refusal` where there is one that cannot be read."""
    return ratchet.read(storage.read("ratchet")) if "ratchet" in storage.names() else ratchet.fresh()
