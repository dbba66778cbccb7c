"""What `/config.json` of a board may say: a name that nothing reads, or a word that nothing understands, would leave a
display dark in the shop."""

import re

from pos_client.claim import Unusable

_NUMBER = "[0-9]{1,9}"
_PARTS = ("display", "keys", "scanner", "printer", "led", "buzzer")
SETTINGS = {  # what is read, and what may stand there
    "RUNG_PARTS": f"(?:{'|'.join(_PARTS)})(?:,(?:{'|'.join(_PARTS)}))*",
    "RUNG_DISPLAY": "lcd-a00|lcd-a02|oled",
    "RUNG_DISPLAY_ADDRESS": _NUMBER,
    "RUNG_SCANNER": "serial|usb",
    "RUNG_SCANNER_BAUD": _NUMBER,
    "RUNG_PRINTER_BAUD": _NUMBER,
    "RUNG_CARDS": "[0-9]+(?:,[0-9]+)*",
    "RUNG_CURRENCY": "[A-Z]{3}",
    "RUNG_TILL_PORT": _NUMBER,
    "RUNG_SNAPSHOT_SECONDS": _NUMBER,
    "RUNG_REPORT_SECONDS": _NUMBER,
    "RUNG_IDLE_SECONDS": _NUMBER,
    "RUNG_TRIAL_SECONDS": "[6-9][0-9]{2}|[1-9][0-9]{3,5}",  # a rollout wants five minutes on trial, and some sale
}
_ABOUT = {  # settings that nothing reads unless the part is there
    "RUNG_DISPLAY": "display",
    "RUNG_DISPLAY_ADDRESS": "display",
    "RUNG_SCANNER": "scanner",
    "RUNG_SCANNER_BAUD": "scanner",
    "RUNG_CARDS": "scanner",
    "RUNG_PRINTER_BAUD": "printer",
    "RUNG_CURRENCY": "keys",
}


def understood(pairs: list[str]) -> dict[str, str]:
    """The settings of NAME=VALUE. Raises `Unusable`, which says what would have been understood."""
    told = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or name not in SETTINGS:
            raise Unusable(f"{pair!r} is no NAME=VALUE with one of the names {' '.join(SETTINGS)}")
        if not re.fullmatch(SETTINGS[name], value):
            raise Unusable(f"{name} is not understood as {value!r}: docs/hardware.md says what it may be")
        told[name] = value
    parts = told.get("RUNG_PARTS", "").split(",")
    for name in told:
        part = _ABOUT.get(name, "")
        if part and part not in parts:
            named = ",".join(one for one in _PARTS if one in (*parts, part, "display", "keys"))
            raise Unusable(f"{name} is about a part that is not named: add --set RUNG_PARTS={named}")
    return told
