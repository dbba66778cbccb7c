"""The till on a device: MicroPython's ports, and what builds and checks the code that goes there."""
