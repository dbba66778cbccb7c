"""One-time enrolment codes: an id, and a secret that is never sent, as 34 characters a person can type."""

from pos_client.core.record import Invalid

ID_BYTES = 5
SECRET_BYTES = 16  # 128 bits
_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ0123456789"  # no I, L, O, U: nothing that is taken for another
_LOOKALIKES = (("I", "1"), ("L", "1"), ("O", "0"), ("U", "V"))
_LENGTH = 34  # characters of five bits for 21 bytes


def written(code_id: bytes, secret: bytes) -> str:
    """The code as it is shown, in groups of five."""
    number = int.from_bytes(code_id + secret, "big") << 2
    letters = "".join([_LETTERS[(number >> 5 * place) & 31] for place in range(_LENGTH - 1, -1, -1)])
    return "-".join([letters[at : at + 5] for at in range(0, _LENGTH, 5)])


def read(text: str) -> tuple:
    """(id, secret) of a code as a person typed it: case, spaces and dashes do not matter. Raises `Invalid`."""
    letters = "".join([one for one in text.upper() if one not in "- \t\r\n"])
    for alike, meant in _LOOKALIKES:
        letters = letters.replace(alike, meant)
    if len(letters) != _LENGTH or any([one not in _LETTERS for one in letters]):
        raise Invalid("code-form", "a code has 34 letters and digits; type it as it is shown")
    number = 0
    for one in letters:
        number = number << 5 | _LETTERS.index(one)
    whole = (number >> 2).to_bytes(ID_BYTES + SECRET_BYTES, "big")
    return whole[:ID_BYTES], whole[ID_BYTES:]
