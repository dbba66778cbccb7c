"""What a PC lets a board on its cable run, as texts: they are cut at any place when the cable is pulled.

What a till starts by, `boot.py` and `main.py`, waits under names ending in `.till` while it is not to start.
"""

LOOK = """
import json, os, vfs
def till():
    try:
        with open("/secret/till.json") as file:
            return json.load(file)["device"]
    except (OSError, ValueError, KeyError):
        return ""
seen = os.statvfs("/")
told = {"machine": os.uname().machine, "till": till(), "rom": 0, "free": seen[0] * seen[3]}
told["stopped"] = "main.till" in os.listdir("/") and "main.py" not in os.listdir("/")
if hasattr(vfs, "rom_ioctl") and vfs.rom_ioctl(1) > 0:
    told["rom"] = len(memoryview(vfs.rom_ioctl(2, 0)))
print(json.dumps(told))
"""
# To pause, `main.py` is `ONCE` for one start, which puts everything back: whenever the cable is pulled, the board is a
# till again at a start after.
PAUSE = """
import os
def copied(name):
    there = os.listdir("/")
    if name + ".py" in there and name + ".till" not in there:
        with open("/" + name + ".py", "rb") as file:
            kept("/" + name + ".till", file.read())
def kept(path, content):
    with open("/new", "wb") as file:
        file.write(content)
    os.rename("/new", path)
copied("boot")
copied("main")
kept("/main.py", %r)
if "boot.py" in os.listdir("/"):
    os.remove("/boot.py")
"""
ONCE = b"""
import os
there = os.listdir("/")
if "boot.till" in there:
    os.rename("/boot.till", "/boot.py")
if "main.till" in there:
    os.rename("/main.till", "/main.py")
else:
    os.remove("/main.py")
"""
STOP = """
import os
for name in ("main", "boot"):
    there = os.listdir("/")
    if name + ".py" in there and name + ".till" in there:
        os.remove("/" + name + ".py")
    elif name + ".py" in there:
        os.rename("/" + name + ".py", "/" + name + ".till")
"""
BACK = """
import os
for name in ("boot", "main"):
    if name + ".till" in os.listdir("/"):
        os.rename("/" + name + ".till", "/" + name + ".py")
"""
RESTART = """
import machine, time
time.sleep_ms(100)
machine.reset()
"""
DIGEST = """
import binascii, hashlib, vfs
def told(pieces):
    whole = hashlib.sha256()
    for piece in pieces:
        whole.update(piece)
    print(binascii.hexlify(whole.digest()).decode())
def read(name):
    with open(name, "rb") as file:
        while True:
            piece = file.read(512)
            if not piece:
                return
            yield piece
"""
ROM_DIGEST = """
rom, size = memoryview(vfs.rom_ioctl(2, 0)), %d
told([rom[at : min(at + 4096, size)] for at in range(0, size, 4096)])
"""
