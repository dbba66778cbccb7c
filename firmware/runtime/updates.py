"""An update, from the service's word to the restart: fetched through the till's link, installed while nobody pays."""

import gc

from firmware.update import updating
from firmware.update.refusal import Refusal
from pos_client.link import LinkDown
from pos_client.segments import FORMATS

_METADATA, _IMAGES = "/v1/firmware/metadata/", "/v1/firmware/images/"
# Passing troubles, beside the reasons of docs/updates.md.
LINK_DOWN, OUT_OF_MEMORY, STORAGE_FAILED = "link-down", "out-of-memory", "storage-failed"


class Published:
    """The service's repository for `firmware.update`. ``service`` is the `SignedLink`; ``beat`` hears that bytes come.

    What it hands out protects itself, so nobody believes it for coming from here.
    """

    def __init__(self, service, beat):
        self._service = service
        self._beat = beat

    async def fetch(self, name: str, into, most: int) -> bool:
        """See `firmware.update.updating`. Raises `LinkDown`."""
        target = (_METADATA if name.endswith(".json") else _IMAGES) + name
        status, told = await self._service.fetch(target, _Beating(into, self._beat), most)
        if self._service.corrects(told):
            status, _ = await self._service.fetch(target, _Beating(into, self._beat), most)
        if status not in (200, 404):
            raise LinkDown("the service answers " + str(status))
        return status == 200


class _Beating:
    def __init__(self, into, beat):
        self._into = into
        self._beat = beat

    def write(self, block) -> None:
        self._beat()
        self._into.write(block)


async def installed(name: str, device, published, now: int, pause) -> str:
    """Install the image ``name``, to be tried at the next start: "", or the reason why not.

    ``pause`` feeds the watchdog before each signature.
    """
    gc.collect()
    try:
        return await attempted(name, device, published, now, pause)
    except LinkDown:
        return LINK_DOWN
    except MemoryError:
        return OUT_OF_MEMORY
    except OSError:
        return STORAGE_FAILED


async def attempted(name: str, device, published, now: int, pause) -> str:
    """As `installed`, loaded for it alone. Raises what else can go wrong."""
    kept, standing = device.kept, device.standing
    board = updating.Board(standing.hardware, device.identity["device"], standing.running, list(FORMATS))
    try:
        target = await updating.look(kept, published, board, now, name, pause)
        await updating.install(kept, published, board, device.slots, target, device.unsent())
    except Refusal as refused:
        return refused.code
    return ""
