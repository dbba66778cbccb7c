"""One try of a password: counted before the work, so that many at the same moment are as many tries."""

import time
from collections.abc import Hashable
from functools import partial

from pricing_service import passwords
from pricing_service.problem import Problem
from pricing_service.service import Service

LONGEST_TRIED = 1024  # characters of a password that is tried


async def is_right(running: Service, tried: Hashable, password: str, kept: str | None) -> bool:
    """Whether ``kept`` is the hash of ``password``; with None it takes as long and never is.

    ``tried`` is who is tried from where. Raises `Problem` 429 for who tries on and on, 503 where too many try.
    """
    now = time.monotonic()
    running.wrong_passwords.take(tried, now)
    try:
        right = await running.passwords_at_once.take(
            partial(passwords.is_right, password[:LONGEST_TRIED], kept)
        )
    except Problem:
        running.wrong_passwords.put_back(tried, now)
        raise
    if right:
        running.wrong_passwords.succeeded(tried)
    return right
