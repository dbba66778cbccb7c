"""Send a slip to a receipt printer on a PC, with python-escpos: ``pip install rung[printer]``.

A target is ``net:HOST[:PORT]``, ``usb:VENDOR:PRODUCT`` (hexadecimal), ``serial:DEVICE`` or ``file:PATH``.
"""


def connected(target: str):
    """The python-escpos printer at ``target``; raises ValueError for a target of no known kind."""
    from escpos import printer  # only a till with a printer of its own pays for the import

    kind, _, rest = target.partition(":")
    if kind == "net":
        host, _, port = rest.partition(":")
        return printer.Network(host, port=int(port or 9100), timeout=5)
    if kind == "usb":
        vendor, _, product = rest.partition(":")
        return printer.Usb(int(vendor, 16), int(product, 16))
    if kind == "serial":
        return printer.Serial(devfile=rest)
    if kind == "file":
        return printer.File(devfile=rest)
    raise ValueError("a printer is net:HOST, usb:VENDOR:PRODUCT, serial:DEVICE or file:PATH, not " + target)


def print_slip(target: str, slip: bytes) -> None:
    """Print the bytes that `pos_client.printing.slip` made."""
    device = connected(target)
    try:
        device._raw(slip)
    finally:
        device.close()
