"""An image on its way into a slot: counted and hashed as it comes, read back and hashed again."""

import hashlib

from firmware.update.refusal import Refusal

BLOCK = 4096  # erased at once
_PAGE = 1024  # programmed at once; what comes is collected into pages


class Writing:
    """Takes pieces of any length by `write`; then `finish`. What is in the slot before that is worth nothing."""

    def __init__(self, slots, slot: str, target):
        if target.length > slots.size:
            raise Refusal("too-long", "the image is longer than a slot")
        self._slots = slots
        self._slot = slot
        self._target = target
        self._hash = hashlib.sha256()
        self._page = bytearray(_PAGE)
        self._in_page = self._written = 0

    def write(self, piece) -> None:
        """Raises `Refusal` as soon as there is more than was signed for."""
        if self._written + self._in_page + len(piece) > self._target.length:
            raise Refusal("too-long", "more comes than was signed for")
        self._hash.update(piece)
        at = 0
        while at < len(piece):
            taken = min(_PAGE - self._in_page, len(piece) - at)
            self._page[self._in_page : self._in_page + taken] = piece[at : at + taken]
            self._in_page += taken
            at += taken
            if self._in_page == _PAGE:
                self._program()

    def finish(self) -> None:
        """Raises `Refusal`: ``payload-altered``, or ``flash-altered`` where the slot does not hold what came."""
        if self._written + self._in_page < self._target.length or self._hash.digest() != self._target.sha256:
            raise Refusal("payload-altered", "this is not the image that was signed")
        if self._in_page:
            self._page[self._in_page :] = b"\xff" * (_PAGE - self._in_page)
            self._program()
        if self._read_back() != self._target.sha256:
            raise Refusal("flash-altered", "the slot does not hold what was written")

    def _program(self) -> None:
        if self._written % BLOCK == 0:
            self._slots.erase(self._slot, self._written)
        self._slots.write(self._slot, self._written, self._page)
        self._written += _PAGE
        self._in_page = 0

    def _read_back(self) -> bytes:
        whole = hashlib.sha256()
        for at in range(0, self._target.length, _PAGE):
            whole.update(self._slots.read(self._slot, at, min(_PAGE, self._target.length - at)))
        return whole.digest()
