"""Faults planted in a device that updates itself, which the cuts must show; and, without a name, a device as it is."""

from tests.power.flash_faults import CarelessTill
from tests.power.update_device import Device, FlashSlots


class LateSlots(FlashSlots):
    """Slots that keep their last piece in memory until the next one comes, or until the update is over."""

    def __init__(self, flash):
        super().__init__(flash)
        self._held = None

    def write(self, slot, offset, data):
        self.bring()
        self._held = slot, offset, bytes(data)

    def read(self, slot, offset, count):
        there = super().read(slot, offset, count)
        if self._held and (slot, offset) == self._held[:2]:
            return self._held[2][:count]
        return there

    def bring(self):
        if self._held:
            super().write(*self._held)
            self._held = None


class LateDevice(Device):
    """Points to an image whose last piece is not on the flash yet."""

    slots = LateSlots

    def update(self, between=lambda: None):
        super().update(between)
        self._slots.bring()


class CarelessDevice(Device):
    till = CarelessTill


PLANTED = {"": Device, "late": LateDevice, "careless": CarelessDevice}
