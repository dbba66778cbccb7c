"""A record in an eighth of its bytes, and back: flash is small, wears, and takes a page at a time.

What is packed are the fields, not their JSON: `event.pieces` of what comes back is the sealed line, byte for byte. A
value is a tag and what follows it; objects of the usual ``SHAPES`` do not name their members, a text that stands in
``WORDS``, in the till's book or earlier in the record is a number, and members of a checkout that are what the book
says they mostly are take a bit. **Format 2 of a journal is made of the tables here:** what they hold is never changed
or moved, only a format 3 may.

    00-3F  a number below 64        40-5F  below 8192, one more byte     6C-6F  below 262144, two more
    60-6A  an object of a shape     70-72  null, true, false             73     a number in digits
    6B  a checkout, in 5 bytes which members are usual, the others
    74  a time stamp, seconds in 4 bytes    75  digits, 10 or 16 of them     76, 77  a text, its length in 1 or 2 bytes
    78  an object: count, names and values    79  a list: count, values  7A, 7B  a list of none, of one
    7C  a UUID                      7D  a far word                       7E     a number in 4 bytes
    7F  a list of objects of one shape: count, shape                     80-FF  a word
"""

from binascii import unhexlify

from pos_client.core.calendar import rfc3339, unix_seconds
from pos_client.core.record import Invalid

SHAPES = (
    "arm,automatic,boot,cashier,checkout_id,clock,currency,customer,day,device,disclosure,discount,epoch,experiment,"
    "goodwill,gross,held,kind,ladder,limits,lines,margin,monotonic_ms,notice,offers,outcome,plan,policy,profile,"
    "propensity,queue,release,sequence,snapshot,state,store,training",
    "brand,category,quantity,sku,unit_price",
    "brand,category,quantity,sku,tax,unit_price",
    "brand,category,cost,quantity,sku,tax,unit_price",
    "milliseconds,reaction,rung",
    "amount,depth,discounts",
    "quantity,share,sku",
    "amount,id",
    "amount,id,shares",
    "amount,label,lines,parts",
    "boot,checkout_id,clock,customer,device,epoch,kind,lines,monotonic_ms,refund,return_id,sequence,store",
)
WORDS = (
    b"\ncheckout\nreturn\nsold\nlost\ncancelled\naccepted\nasked_more\nleft\nskipped\nsettled\ntop_reached\noffering"
    b"\nnothing_to_offer\nsmallest_first\none_by_one\nbest_first\nadaptive_start\nEUR\n"
)
OWN = ("checkout_id", "customer", "redeemer", "return_id")  # texts that no other record has
_HEX = b"0123456789abcdef"
_DECIMAL = b"0123456789"


def packed(fields: dict, words: bytes, usual: dict) -> tuple:
    """(bytes, texts that would be shorter if ``words`` held them). These are words of a book, each followed by a
    newline; ``usual`` is what members of a checkout mostly are.

    Raises `Invalid` for what a record cannot hold, `ValueError` for what is too long to be packed.
    """
    packer = _Packer(WORDS + words, usual)
    packer.value(fields, "")
    return packer.out, packer.strange


def plain(fields: dict) -> dict:
    """What may be usual of a record."""
    return {name: fields[name] for name in fields if name not in OWN and _is_plain(fields[name])}


def told(text: str) -> bytes:
    """How a text that stands for itself is packed: to look for in what is."""
    packer = _Packer(b"\n", {})
    packer.text(text, OWN[0])
    return bytes(packer.out)


class _Packer:
    def __init__(self, known: bytes, usual: dict):
        self.out = bytearray()
        self.strange = []
        self._known = known
        self._usual = usual

    def value(self, value, name: str) -> None:
        kind = type(value)
        if kind is int:
            self._number(value)
        elif kind is str:
            self.text(value, name)
        elif value is None or value is True or value is False:
            self.out.append(0x70 if value is None else 0x71 if value else 0x72)
        elif kind is list or kind is tuple:
            self._list(value)
        elif kind is dict:
            self._object(value)
        else:
            raise Invalid("not-recordable", "a record holds text, whole numbers, lists and objects only")

    def _list(self, items) -> None:
        if len(items) < 2:
            self.out.append(0x7A + len(items))
        elif self._is_uniform(items):
            self.out.append(0x7F)
            self._number(len(items))
            self.out.append(SHAPES.index(_shape(items[0])))
            for item in items:
                self._members(item, sorted(item), 0)
            return
        else:
            self.out.append(0x79)
            self._number(len(items))
        for item in items:
            self.value(item, "")

    def _is_uniform(self, items) -> bool:
        for item in items:
            if type(item) is not dict or _shape(item) != _shape(items[0]):
                return False
        return _shape(items[0]) in SHAPES

    def _object(self, fields: dict) -> None:
        names, shape, usual = sorted(fields), _shape(fields), 0
        if shape == SHAPES[0] and self._usual:
            usual = self._as_usual(fields, names)
            self.out.append(0x6B)
            self.out.extend(usual.to_bytes(5, "little"))
        elif shape in SHAPES:
            self.out.append(0x60 + SHAPES.index(shape))
        else:
            self.out.append(0x78)
            self._number(len(names))
            for name in names:
                self.text(name, "")
        self._members(fields, names, usual)

    def _members(self, fields: dict, names: list, left_out: int) -> None:
        for place, name in enumerate(names):
            if not left_out >> place & 1:
                self.value(fields[name], name)

    def _as_usual(self, fields: dict, names: list) -> int:
        """A bit for each member that is as usual; 1 is not True, nor in a list."""
        bits = 0
        for place, name in enumerate(names):
            if name in self._usual and fields[name] == self._usual[name]:
                kind = type(fields[name])
                is_usual = kind is type(self._usual[name]) and (kind is not list or _is_plain(fields[name]))
                bits |= is_usual << place
        return bits

    def _number(self, value: int) -> None:
        out = self.out
        if 0 <= value < 64:
            out.append(value)
        elif 0 <= value < 8192:
            out.append(0x40 | value >> 8)
            out.append(value & 255)
        elif 0 <= value < 262144:
            out.append(0x6C | value >> 16)
            out.extend((value & 65535).to_bytes(2, "little"))
        elif 0 <= value < 4294967296:
            out.append(0x7E)
            out.extend(value.to_bytes(4, "little"))
        else:
            self._long(0x73, str(value).encode())

    def text(self, text: str, name: str) -> None:
        raw = text.encode()
        at = -1 if name in OWN or b"\n" in raw else self._known.find(b"\n" + raw + b"\n")
        place = self._known.count(b"\n", 0, at) if at >= 0 else 384
        if place < 128:
            self.out.append(0x80 + place)
        elif place < 384:
            self.out.append(0x7D)
            self.out.append(place - 128)
        else:
            self._new(raw, name)

    def _new(self, raw: bytes, name: str) -> None:
        """A text that the record has for the first time."""
        if b"\n" not in raw:
            self._known += raw + b"\n"
        if not self._short(raw):
            self._long(0x76, raw)
            if name not in OWN and b"\n" not in raw and len(raw) > 1:
                self.strange.append(raw)

    def _short(self, raw: bytes) -> bool:
        """Whether it was a time stamp, a UUID or hexadecimal digits, which take less than their letters."""
        length = len(raw)
        digits = raw if length != 36 else raw[:8] + raw[9:13] + raw[14:18] + raw[19:23] + raw[24:]
        if length == 20 and raw[10:11] == b"T" and _is_stamp(raw.decode()):
            self.out.append(0x74)
            self.out.extend(unix_seconds(raw.decode()).to_bytes(4, "little"))
        elif not 2 < length < 128 or digits.strip(_HEX):
            return False
        elif length == 36 and dashed(digits) == raw:
            self.out.append(0x7C)
            self.out.extend(unhexlify(digits))
        elif length == len(digits):
            if raw.strip(_DECIMAL) or raw[:1] == b"0":
                self._long(0x75, raw)
            else:
                self.out.append(0x75)
                self.out.append(length | 128)
                self.out.extend(int(raw.decode()).to_bytes(digits_room(length), "little"))
        else:
            return False
        return True

    def _long(self, tag: int, raw: bytes) -> None:
        length = len(raw)
        if length > 255 and tag == 0x76:
            self.out.append(0x77)
            self.out.append(length >> 8)  # a ValueError above 65535
        else:
            self.out.append(tag)
        self.out.append(length & 255)
        self.out.extend(unhexlify(raw + b"0" * (length & 1)) if tag == 0x75 else raw)


def _is_plain(value) -> bool:
    """One value, whole numbers, or nothing."""
    if type(value) is dict or type(value) is tuple:
        return not value
    return type(value) is not list or all([type(item) is int for item in value])


def _shape(fields: dict) -> str:
    return ",".join(sorted(fields))


def _is_stamp(text: str) -> bool:
    try:
        seconds = unix_seconds(text)
        return 0 <= seconds < 4294967296 and rfc3339(seconds) == text
    except (Invalid, ValueError):
        return False


def digits_room(digits: int) -> int:
    """Bytes for a number of so many decimal digits."""
    return (digits * 1701 + 4095) // 4096


def dashed(digits: bytes) -> bytes:
    return b"-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])
