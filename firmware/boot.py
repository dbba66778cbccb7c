"""The first thing a device runs: which of its two slots, and the old one again if the new one does not confirm itself.

No update replaces this file, so it is small and imports nothing of ours. ``/update/pointer`` names the confirmed slot
and perhaps one on trial; each start of that is counted before it runs, and after `TRIALS` starts without a word from
the application the confirmed one runs again. A slot that neither of them names is never mounted: nobody verified what
is in it. Why a trial ended is in ``/update/fallback``, which the application reports.
"""

import json
import os

TRIALS = 3
_WATCHDOG_MS = 8300  # the longest there is on an RP2040


def start(folder: str, mount, watch) -> str:
    """Mount a slot and name it. ``mount(slot)`` raises where there is no image, ``watch()`` begins to watch a trial.

    Raises `OSError` where the confirmed slot holds no image: only a new provisioning helps.
    """
    confirmed, trial = _pointer(folder)
    if trial and _counted(folder, trial):
        try:
            mount(trial[0])
            watch()
            return trial[0]
        except Exception:  # an image so bad that nothing of it can be read
            _note(folder, trial, "unmountable")
    mount(confirmed)
    return confirmed


def _pointer(folder: str) -> tuple:
    """(confirmed slot, [slot, version] on trial or None); slot a as long as there is no pointer that can be read."""
    try:
        with open(folder + "/pointer") as file:
            pointer = json.load(file)
        return pointer["confirmed"][0], pointer["trial"]
    except (OSError, ValueError, LookupError, TypeError):
        return "a", None


def _counted(folder: str, trial: list) -> bool:
    """Whether there is a trial left; it is counted before it runs. A start that cannot be counted is none."""
    boots = _boots(folder, trial[1])
    if boots >= TRIALS:
        _note(folder, trial, "unconfirmed")
        return False
    try:
        _replace(folder + "/trial", "%d %d" % (trial[1], boots + 1))
        return True
    except OSError:
        return False


def _boots(folder: str, version: int) -> int:
    """How often a version was started on trial."""
    try:
        with open(folder + "/trial") as file:
            counted = file.read().split()
        return int(counted[1]) if int(counted[0]) == version else 0
    except (OSError, ValueError, LookupError):
        return 0


def _note(folder: str, trial: list, why: str) -> None:
    """Say why a version does not make it, unless that is said: the application may know better."""
    try:
        with open(folder + "/fallback") as file:
            if json.load(file)["version"] == trial[1]:
                return
    except (OSError, ValueError, LookupError, TypeError):
        pass
    try:
        _replace(folder + "/fallback", json.dumps({"slot": trial[0], "version": trial[1], "why": why}))
    except OSError:  # the medium is full or worn: running matters more than saying why
        pass


def _replace(path: str, text: str) -> None:
    with open(path + ".tmp", "w") as file:
        file.write(text)
        file.flush()
    os.rename(path + ".tmp", path)


def _on_a_board() -> str:
    """The two slots are the halves of the board's ROMFS partition; MicroPython has mounted the first one already."""
    import sys

    import machine
    import vfs

    flash = memoryview(vfs.rom_ioctl(2, 0))
    half = len(flash) // 2

    def mount(slot):
        try:
            vfs.umount("/rom")
        except OSError:
            pass
        first = 0 if slot == "a" else half
        rom = vfs.VfsRom  # pyright: ignore[reportAttributeAccessIssue] the stubs are of an older MicroPython
        vfs.mount(rom(flash[first : first + half]), "/rom")

    slot = start("/update", mount, lambda: machine.WDT(timeout=_WATCHDOG_MS))
    if "/rom" not in sys.path:
        sys.path.insert(0, "/rom")
    return slot


if __name__ == "__main__":
    running = _on_a_board()  # for main.py, which MicroPython runs in the same namespace
