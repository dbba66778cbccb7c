"""Passwords: which may be chosen, how they are kept, and a check that takes as long for somebody unknown.

argon2id with 19 MiB and two passes, as OWASP has it; at most `AT_ONCE` are worked on together, so that whoever signs in
a thousand times at once takes neither the machine's memory nor its cores.
"""

from collections.abc import Callable

import anyio.to_thread
from anyio import CapacityLimiter
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from pos_client.core.record import Invalid
from pricing_service.problem import Problem

SHORTEST, LONGEST = 12, 128  # characters
GUESSES = 10**8  # what can be guessed with fewer is among the commonest, or made of them
LOOKED_AT = 64  # characters of a password that are compared with common ones
AT_ONCE = 2
MOST_WAITING = 16  # some half a second of work; who comes later is asked to come again
RETRY_SECONDS = 2
SHOP_WORDS = ("rung", "discount", "cashier", "analyst", "auditor", "admin")

PASSES, MEMORY_KB = 2, 19_456

_argon2 = PasswordHash((Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KB, parallelism=1),))
# What no password is kept as; to find that out takes as long as with anybody's.
_NOBODYS = f"$argon2id$v=19$m={MEMORY_KB},t={PASSES},p=1${'A' * 22}${'A' * 43}"


def check_new(password: str, name: str) -> None:
    """Whether somebody called ``name`` may choose this password: long enough and not easily guessed. Raises `Invalid`.

    No rule says which characters it needs.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(
            "password-length", f"A password has {SHORTEST} to {LONGEST} characters; a sentence will do."
        )
    from zxcvbn import zxcvbn  # its lists of words are read by who needs them

    guesses = zxcvbn(password[:LOOKED_AT], user_inputs=[name, *name.split("."), *SHOP_WORDS])["guesses"]
    if guesses < GUESSES:
        raise Invalid("password-common", "This password is easily guessed: choose one with rarer words.")


def hashed(password: str) -> str:
    """How a password is kept. For threads."""
    return _argon2.hash(password)


def is_right(password: str, kept: str | None) -> bool:
    """Whether it is the password that was ``kept``. Without one it takes as long, and is wrong."""
    right = _argon2.verify(password, kept or _NOBODYS)
    return right and kept is not None


class AtOnce:
    """So many at once do slow work in threads, some wait, and the others are turned away."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(AT_ONCE)
        self._here = 0  # at work or waiting

    async def take[T](self, work: Callable[[], T]) -> T:
        """The result of ``work``, run in a thread when its turn has come. Raises `Problem` 503 if too many wait."""
        if self._here >= AT_ONCE + MOST_WAITING:
            detail = "Too many people sign in at this moment: try again in a few seconds."
            raise Problem(503, "sign-in-busy", detail, {"retry-after": str(RETRY_SECONDS)})
        self._here += 1
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._here -= 1
