"""What others say on a serial line, byte by byte."""


def heard(uart, into, hear, now_ms: int) -> None:
    """Hand ``hear(byte, now_ms)`` what had come when this was called: who never stops talking keeps nobody here. Only
    bytes that are there are asked for, because an RP2 waits two milliseconds and more for one that is not."""
    left = uart.any()
    while left > 0:
        count = uart.readinto(into, min(left, len(into))) or 0
        for place in range(count):
            hear(into[place], now_ms)
        left = left - count if count else 0
