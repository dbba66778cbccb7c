"""What one request of a till brought, before anybody has read it."""

from typing import NamedTuple

from pricing_service.intake import Batch
from pricing_service.records import placed, read


class Delivery(NamedTuple):
    """The lines as they came; the rest as in `Batch`."""

    device: str
    epoch: int
    lines: list[bytes]
    counter: int
    begins: int | None
    history: str

    def batch(self) -> Batch:
        """The same, read and checked."""
        lines = [read(line, self.device, self.epoch) for line in self.lines]
        if self.begins is not None:
            lines = [placed(line, self.begins + index) for index, line in enumerate(lines)]
        return Batch(self.device, self.epoch, lines, self.counter, self.begins, self.history)
