"""A whole device from its board: the till, its link, reports and updates, and whatever parts are wired to it."""

import asyncio
import gc

from firmware.runtime.counter import Counter
from firmware.runtime.diary import Diary
from firmware.runtime.enrolment import Enrolment
from firmware.runtime.floored_clock import FlooredClock
from firmware.runtime.idle import Idle
from firmware.runtime.linking import Linking
from firmware.runtime.named_link import NamedLink
from firmware.runtime.reporting import Reports
from firmware.runtime.standing import Standing
from firmware.runtime.supervisor import Supervisor
from firmware.runtime.tls import wrapping
from firmware.runtime.trial import Trial
from firmware.runtime.wifi import Wifi
from pos_client import starting
from pos_client.core.snapshot import LAYOUT
from pos_client.server import application
from pos_client.signed_link import address, is_secure

LIMITS = starting.Limits(16384, 2, 1, 2, 512, 1, 32768, 131072, 16777216, thin=True)
WATCHDOG = 8300  # milliseconds; the longest there is on an RP2040
_REST = 3000  # milliseconds before what cannot start is started again: a board that does nothing else hears no cable
_SERVING, _LINKING = (
    30000,
    150000,
)  # deadlines; a download has a minute, and an update begins with seconds of arithmetic


class Device:
    """What the parts of a running device share. ``running`` is the slot that `boot.py` chose."""

    def __init__(self, board, running: str):
        self.board = board
        self.kept = board.kept()
        self.diary = Diary(self.kept)
        built = board.release().get("built", 0)
        self.clock = FlooredClock(board.SystemClock(), built, self.kept, board.set_clock)
        self.slots = board.slots()
        self.standing = Standing(board.HARDWARE, running, self.slots)
        self.standing.read(self.kept)  # before the counter is loaded: it loads the updates, and forgets them
        self.counter = Counter(board, self.diary.note) if board.setting("RUNG_PARTS") else None
        if self.counter:
            self.slots = self.counter.quieted_slots(self.slots)
        self.identity = board.identity() or starting.unenrolled(board.secret())
        storage = board.storage(starting.folder(self.identity))
        if self.counter:
            storage = self.counter.quieted(storage)
        self.service = self.identity["service"] or board.setting("RUNG_SERVICE") or ""
        self.way = _way(board, self.clock, self.service)
        # There may be much to remember, and in a trial the watchdog runs already.
        self.watchdog = board.watchdog(WATCHDOG)
        self.till, self.sync = starting.whole(
            self.identity,
            storage,
            self.clock,
            board.chance,
            LIMITS,
            board.setting,
            self.way,
            self.watchdog.feed,
        )
        self.sync.tell = self._tell
        if (
            not self.standing.is_trial
        ):  # the version before, which may run again, reads what it asked for itself
            self.sync.reads = "&reads=" + str(LAYOUT)
        self.changed = _nobody  # hears that something was done at the counter
        if self.counter:
            self.counter.attend(self.till, lambda: self.changed())

    def facts(self) -> dict:
        """The members of a report that are known here."""
        standing, board = self.standing, self.board
        told = {"hardware": standing.hardware, "version": standing.version, "confirmed": standing.confirmed}
        told["image"], told["trial"], told["failed"] = standing.image(), standing.is_trial, standing.failed
        told["uptime"], told["boot"] = self.clock.monotonic_ms() // 1000, self.till.boot
        told["records"] = self.unsent()
        told["free"], told["heap"] = board.free(), _free_heap()
        return told

    def unsent(self) -> int:
        """Records that the service does not hold."""
        return self.till.health()["journal"]["depth"]

    def checks(self) -> list:
        """What a new image must be able to do on this device, (name, function) in order."""
        own = [("journal", self._journals), ("offer", self._offers)]
        return self.counter.checks() + own if self.counter else own

    def _journals(self) -> bool:
        """The journal was read, and what waits in it can be."""
        return self.till.health()["journal"]["trouble"] is None and not self.till.forgets

    def _offers(self) -> bool:
        return self.till.rehearse()["gross"] > 0

    def _tell(self, what: str, trouble) -> None:
        self.diary.note(what + ": " + (trouble or "well again"))


def _way(board, clock, service: str):
    """What speaks with the service as `pos_client.link` does; None for that itself, which needs an address."""
    host = address(service)[0]
    if is_secure(service):
        return NamedLink(board.name_server, clock.monotonic_ms, board.chance, wrapping(board.authority()))
    if host and not host.replace(".", "").isdigit():
        return NamedLink(board.name_server, clock.monotonic_ms, board.chance)
    return None


def _nobody() -> None:
    """No other display is there."""


def run(board, running: str) -> None:
    """Until the power goes. What cannot even start is noted, and started again."""
    try:
        device = Device(board, running)
        asyncio.run(living(device))
    except Exception as error:
        _noted(board, error)
        board.sleep_ms(_REST)
    board.restart()


def _noted(board, error) -> None:
    """Whatever happens: who has no heap to say why must start anew all the same."""
    try:
        Diary(board.kept()).crashed("main", error)
    except Exception:
        pass


async def living(device: Device) -> None:
    board, clock = device.board, device.clock
    supervisor = Supervisor(clock, board.chance, device.watchdog, device.diary.crashed)
    first = _seconds(board, "RUNG_REPORT_SECONDS", 10)
    reports = Reports(device.sync.service, clock, board.chance, device.diary, device.facts, first)
    patience = _seconds(board, "RUNG_TRIAL_SECONDS", 1800)
    idle = Idle(device.till, clock, _seconds(board, "RUNG_IDLE_SECONDS", 60))
    trial = Trial(device, reports, idle, device.checks(), patience)
    linking = Linking(device, device.sync, reports, idle, board.restart, supervisor.feed)
    supervisor.add("server", _SERVING, Serving(device).run)
    supervisor.add("link", _LINKING, linking.run)
    supervisor.add("trial", _SERVING, trial.run)  # not beside the link, which may be what is broken
    _add_parts(device, supervisor, reports)
    trial.begin()
    gc.collect()
    gc.threshold(8192)  # collecting often keeps a small heap in one piece
    await supervisor.run()


def _add_parts(device: Device, supervisor: Supervisor, reports: Reports) -> None:
    """The tasks that only some devices have."""
    board, note, station = device.board, device.diary.note, device.board.wifi()
    if device.counter:
        supervisor.add("counter", _SERVING, device.counter.run)
    if station:
        wifi = Wifi(station, board.wifi, board.wifi_secret(), board.chance, note, reports.soon)
        supervisor.add("wifi", _SERVING, wifi.run)
    if not device.identity["epoch"] and (board.code() or (device.counter and device.service)):
        supervisor.add("enrolment", _LINKING, Enrolment(device).run)


def _seconds(board, name: str, otherwise: int) -> int:
    """A setting in seconds, as milliseconds."""
    return 1000 * int(board.setting(name) or otherwise)


class Serving:
    """The till's HTTP API and page as a task."""

    def __init__(self, device: Device):
        self._device = device

    async def run(self, beat) -> None:
        board = self._device.board
        server = application(self._device.till, largest_body=LIMITS.body, most_displays=LIMITS.displays)
        self._device.changed = server.streams.changed
        await server.listen(board.HOST, board.port())
        self._device.diary.note("rung till: http://" + board.HOST + ":" + str(board.port()))
        try:
            while True:
                beat()
                await asyncio.sleep(1)
        finally:
            server.stop()


def _free_heap() -> int:
    gc.collect()
    return gc.mem_free() if hasattr(gc, "mem_free") else 0
