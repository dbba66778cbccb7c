"""The report as one HTML page: no script, no other host, figures inside it, readable without seeing them."""

import base64
import math
from html import escape
from typing import Any, NamedTuple

from models.check_advice import EXPLAINED
from models.fit_sentences import Line
from models.verdict import Check, Verdict

MIME = {"svg": "image/svg+xml", "png": "image/png"}


class Drawing(NamedTuple):
    """A figure: file name, title, what it shows, its bytes (None: it could not be drawn, ``alt`` says why)."""

    name: str
    title: str
    alt: str
    content: bytes | None


class Page(NamedTuple):
    verdict: Verdict
    origin: dict[str, str]  # what and which
    lines: list[Line]
    counts: dict[str, int]
    in_force: str
    acceptance: dict[str, list[dict[str, Any]]]  # by check, a row for each cell
    drawings: list[Drawing]


def html(page: Page) -> str:
    """The whole page. Its first line is the verdict."""
    state = "passed" if page.verdict.passed else "rejected"
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="en"><head><meta charset="utf-8"><title>{escape(_name(page))} {state}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<style>{STYLE}</style></head><body><main>",
            f'<p class="of">Report of {escape(_name(page))} by the gate</p>',
            f'<h1 class="{state}">{escape(page.verdict.says)}</h1>',
            _to_do(page.verdict),
            _section("What this is a report of", _origin(page.origin)),
            _section("Checks", _checks(page.verdict.checks)),
            _section("What the fit says", _parameters(page.lines, page.in_force)),
            _section("The checkouts it was made from", _counts(page.counts)),
            _section("Figures", "".join(_figure(drawing, page.acceptance) for drawing in page.drawings)),
            "</main></body></html>\n",
        ]
    )


def _name(page: Page) -> str:
    return page.origin.get("Fit", "a fit without a name")


def _origin(origin: dict[str, str]) -> str:
    rows = [(escape(what), escape(which)) for what, which in origin.items()]
    return _table("This fit", ("What", "Which"), rows, numbers=())


def _section(title: str, body: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{body}</section>"


def _to_do(verdict: Verdict) -> str:
    if not verdict.failed:
        return "<p>Publishing it replaces the release in force on all tills.</p>"
    rows = [
        f"<li><strong>{_title(check.name)}.</strong> {escape(_sentence(check.says))} "
        f"{escape(EXPLAINED[check.name][1])}</li>"
        for check in verdict.failed
    ]
    return _section("Why, and what to do", f"<ul>{''.join(rows)}</ul>")


def _title(name: str) -> str:
    """Of a check, with the name that it has in the terminal, in report.json and in the documentation."""
    return f"{escape(EXPLAINED[name][0])} <code>{escape(name)}</code>"


def _sentence(says: str) -> str:
    return says[:1].upper() + says[1:] + "."


def _checks(checks: tuple[Check, ...]) -> str:
    head = ("Check", "Result", "In words", "Measured", "Bound")
    rows = [
        (
            _title(check.name),
            '<span class="passed">passed</span>' if check.passed else '<span class="rejected">failed</span>',
            escape(_sentence(check.says)),
            _number(check.value),
            _number(check.bound),
        )
        for check in checks
    ]
    return _table("Every check of the gate; all must pass", head, rows, numbers=(3, 4))


def _parameters(lines: list[Line], in_force: str) -> str:
    if not lines:
        return "<p>The posterior cannot be read.</p>"
    head = ("In words", f"In force ({in_force})", "This fit", "95 % interval", "Name")
    rows = [
        (
            escape(line.says[:1].upper() + line.says[1:]),
            _with_unit(_number(line.before, 3), line.unit),
            _with_unit(_number(line.mean, 3), line.unit),
            "fixed"
            if line.fixed
            else _with_unit(f"{_number(line.low, 3)} to {_number(line.high, 3)}", line.unit),
            f"<code>{escape(line.name)}</code>",
        )
        for line in lines
    ]
    return _table("Parameters: the release in force beside this fit", head, rows, numbers=(1, 2, 3))


def _with_unit(number: str, unit: str) -> str:
    return f"× {number}" if unit == "×" else f"{number} {unit}"


def _counts(counts: dict[str, int]) -> str:
    return _table(
        "Counts", ("What", "How many"), [(escape(k), f"{v:,}") for k, v in counts.items()], numbers=(1,)
    )


def _table(caption: str, head: tuple[str, ...], rows: list[tuple[str, ...]], numbers: tuple[int, ...]) -> str:
    """``rows`` are HTML already; the first cell of each is its heading. On a phone every row becomes a block, in which
    each cell says its column; roles keep it a table for who hears it."""
    css = ['class="number"' if at in numbers else "" for at in range(len(head))]
    titles = "".join(
        f'<th scope="col" role="columnheader" {style}>{escape(title)}</th>'
        for title, style in zip(head, css, strict=True)
    )
    body = "".join(_row(row, head, css) for row in rows)
    return (
        f'<div class="wide"><table role="table"><caption>{escape(caption)}</caption>'
        f'<thead role="rowgroup"><tr role="row">{titles}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table></div>'
    )


def _row(row: tuple[str, ...], head: tuple[str, ...], css: list[str]) -> str:
    cells = "".join(
        f'<td role="cell" data-title="{escape(title)}" {style}>{cell}</td>'
        for cell, title, style in zip(row[1:], head[1:], css[1:], strict=True)
    )
    return f'<tr role="row"><th scope="row" role="rowheader">{row[0]}</th>{cells}</tr>'


def _figure(drawing: Drawing, acceptance: dict[str, list[dict[str, Any]]]) -> str:
    title = f"<h3>{escape(drawing.title)}</h3>"
    if drawing.content is None:
        return f"{title}<p>{escape(drawing.alt)}</p>"
    name, _, kind = drawing.name.rpartition(".")
    data = base64.b64encode(drawing.content).decode()
    return (
        f'{title}<figure><img src="data:{MIME[kind]};base64,{data}" alt="{escape(drawing.alt)}">'
        f"<figcaption>{escape(drawing.alt)}</figcaption></figure>{_cells(acceptance.get(name, []))}"
    )


def _cells(cells: list[dict[str, Any]]) -> str:
    """The numbers behind a figure of acceptance."""
    if not cells:
        return ""
    shares = ("observed", "predicted", "low", "high")
    rows = [(escape(c["cells"]), f"{c['asked']:,}", *[f"{100 * c[s]:.1f} %" for s in shares]) for c in cells]
    head = ("Offers", "Asked", "Accepted", "Expected", "Allowed from", "to")
    table = _table("Accepted among those who were asked", head, rows, numbers=(1, 2, 3, 4, 5))
    return f"<details><summary>The same as a table</summary>{table}</details>"


def _number(value: float | None, digits: int = 4) -> str:
    if value is None or not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.{digits}g}"


STYLE = """
:root { color-scheme: light; }
body { margin: 0; background: #f6f7f9; color: #1c2733; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.35rem; line-height: 1.35; margin: 0 0 1rem; padding: 1rem 1.2rem; background: #fff;
  border-left: 0.5rem solid; border-radius: 0.3rem; }
h1.passed { border-color: #15803d; }
h1.rejected { border-color: #b91c1c; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 0.6rem; }
h3 { font-size: 1rem; margin: 1.6rem 0 0.4rem; }
span.passed { color: #166534; font-weight: 600; }
span.rejected { color: #b91c1c; font-weight: 600; }
.wide { overflow-x: auto; background: #fff; border-radius: 0.3rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
caption { text-align: left; padding: 0.6rem 0.8rem 0.2rem; color: #51606f; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.8rem; border-top: 1px solid #e3e7ec; }
th[scope=row] { font-weight: 500; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
figure { margin: 0; padding: 0.8rem; background: #fff; border-radius: 0.3rem; }
img { max-width: 100%; height: auto; display: block; margin: 0 auto; }
summary { padding: 0.5rem 0.8rem; color: #51606f; font-size: 0.9rem; cursor: pointer; }
figcaption { color: #51606f; font-size: 0.9rem; margin-top: 0.4rem; }
.of { color: #51606f; margin: 0 0 0.4rem; }
code { color: #51606f; font-size: 0.85em; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  table, caption, tbody, tr, th, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { border-top: 1px solid #e3e7ec; padding: 0.4rem 0; }
  th, td { border: 0; padding: 0.1rem 0.8rem; overflow-wrap: anywhere; }
  .number { text-align: left; white-space: normal; }
  td::before { content: attr(data-title) ": "; color: #51606f; }
}
"""
