"""A sheet of paper with a bar code (Code 128, ISO/IEC 15417), for what is too long to be typed at a till."""

from html import escape

_WIDTHS = (  # of three bars and three spaces for each of 106 symbols, in modules
    "212222222122222221121223121322131222122213122312132212221213221312231212112232122132122231113222"
    "123122123221223211221132221231213212223112312131311222321122321221312212322112322211212123212321"
    "232121111323131123131321112313132113132311211313231113231311112133112331132131113123113321133121"
    "313121211331231131213113213311213131311123311321331121312113312311332111314111221411431111111224"
    "111422121124121421141122141221112214112412122114122411142112142211241211221114413111241112134111"
    "111242121142121241114212124112124211411212421112421211212141214121412121111143111341131141114113"
    "114311411113411311113141114131311141411131211412211214211232"
)
_START, _STOP = 104, "2331112"  # of code set B, whose symbols are ASCII from the space on
_MODULE, _HEIGHT, _QUIET = 0.33, 25, 10  # mm, mm, modules


def widths(text: str) -> str:
    """The widths of bars and spaces by turns, a bar first. ``text`` is printable ASCII."""
    values = [_START, *[ord(one) - 32 for one in text]]
    check = sum(max(place, 1) * value for place, value in enumerate(values)) % 103
    return "".join(_WIDTHS[6 * value : 6 * value + 6] for value in [*values, check]) + _STOP


def svg(text: str, lines: list[str]) -> str:
    """A page with the bar code of ``text``, and ``lines`` for who holds it in his hands; to be printed in its size."""
    at, bars = _QUIET, []
    for place, width in enumerate(map(int, widths(text))):
        if place % 2 == 0:
            bars.append(f'<rect x="{at * _MODULE:.2f}" width="{width * _MODULE:.2f}" height="{_HEIGHT}"/>')
        at += width
    wide, high = (at + _QUIET) * _MODULE, _HEIGHT + 10 + 7 * len(lines)
    said = [
        f'<text x="{_QUIET * _MODULE:.2f}" y="{_HEIGHT + 8 + 7 * place}">{escape(line)}</text>'
        for place, line in enumerate(lines)
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide:.1f}mm" height="{high}mm"'
            f' viewBox="0 0 {wide:.2f} {high}" font-family="monospace" font-size="4.5">',
            '<rect width="100%" height="100%" fill="white"/>',
            *bars,
            *said,
            "</svg>\n",
        ]
    )
