"""The pure part of a till: integers only, the same bytes out of CPython and MicroPython."""
