"""What a board gives the drivers, and what the drivers give the till. Any class will do; nothing here is inherited.

From the board, as MicroPython's `machine` has them:

``I2C``
    ``writeto(address, bytes)``; OSError where nobody answers.
``Pin``
    ``value() -> 0 | 1``, ``value(0 | 1)``.
``UART``
    ``any() -> int``, the bytes that came, ``readinto(buffer, most) -> int | None``, ``write(bytes) -> int | None``,
    taken.

To the till:

``Display`` (`hd44780`, `ssd1306`)
    ``start()`` from any state; ``prepare(page) -> list`` of frames; ``show(frame)``, which allocates nothing;
    OSError where it does not answer: `patient_display` goes on, and tries `start` again.
``Keys`` (`keypad`)
    ``scan()`` every few milliseconds; ``pressed() -> int`` the next key or -1. Neither allocates.
``Scanner`` (`scanner`)
    ``poll(now_ms)``, ``scanned() -> Scan | None``, ``talking(now_ms) -> bool``.
``Printer`` (`escpos`)
    ``send(bytes)``, ``poll(now_ms)``, ``talking(now_ms) -> bool``, ``trouble`` or None.
"""
