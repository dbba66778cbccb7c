"""Packs the records of random checkouts, checks that they come back, prints the SHA-256 of all that was packed.

``python tests/till/packed_alike.py CHECKOUTS``, or micropython.
"""

import hashlib
import sys

sys.path.insert(0, ".")

from pos_client.core import event
from pos_client.packing import packed, plain
from pos_client.unpacking import unpacked
from tests.core.transcript import Play


class Packing(Play):
    """Checkouts whose records are packed by a book that grows."""

    def __init__(self, seed):
        super().__init__(seed)
        self.packed = hashlib.sha256()
        self.words, self.usual = b"", {}

    def learn(self, record, token, day):
        out, strange = packed(record, self.words, self.usual)
        line = event.seal(record)
        if event.seal(unpacked(bytes(out), self.words, self.usual)) != line:
            raise ValueError("another record came back than " + line.decode())
        self.packed.update(out)
        if strange and len(self.words) < 1000:
            self.words += b"".join([word + b"\n" for word in strange])
            self.usual = plain(record)
        super().learn(record, token, day)


if __name__ == "__main__":
    played = Packing(7)
    for number in range(int(sys.argv[1])):
        if number % 10 == 0:
            played.new_shop()
        played.visit(number)
    print("".join([f"{byte:02x}" for byte in played.packed.digest()]))
