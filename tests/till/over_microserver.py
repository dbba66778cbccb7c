"""A pytest plugin: the till's HTTP API over a device's `firmware.microserver` in microdot's place."""

import sys

from firmware import microserver

sys.modules["microdot.microdot"] = microserver
