"""The service's pages for people: templates of the folder ``web/pages``, every value escaped, no script in any.

    return pages.answer("attention.html", shown=what_is_shown)

A page's address is its entry in `PLACES`, its template extends ``base.html``, its colours are in ``web/page.css``: the
content-security-policy allows no style and no script inside a page.
"""

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from pricing_service.caller import calling

PLACES = (  # address, name, and the scope without which it is not shown
    ("/experiments", "Experiments", "experiments:read"),
    ("/segments", "Segments", "reports:read"),
    ("/attention", "Till time", "reports:read"),
    ("/standing", "Where the shop stands", "reports:read"),
    ("/trust", "Trust", "reports:read"),
    ("/fleet", "Tills", "firmware:read"),
    ("/audit", "Who did what", "audit:read"),
    ("/docs", "API", ""),
)


def answer(template: str, status: int = 200, /, **shown: object) -> HTMLResponse:
    """The page as it is sent; nothing on the way keeps a copy. Raises UndefinedError for what is not ``shown``.

    Every template knows its ``visitor``, whose forms bring back ``visitor.form`` as the field ``form``.
    """
    visitor = calling.get()
    places = (
        [] if visitor is None else [place for place in PLACES if not place[2] or place[2] in visitor.scopes]
    )
    here = "/" + template.split(".")[0]
    text = _templates.get_template(template).render(shown, places=places, here=here, visitor=visitor)
    return HTMLResponse(text, status, {"cache-control": "no-store"})


def percent(share: float) -> str:
    """0.623 as 62 %."""
    return f"{100 * share:.0f}\u00a0%"


def level(share: float, steps: int = 10) -> int:
    """Which of ``steps`` colours a share between 0 and 1 has, 0 the palest."""
    return min(int(steps * share), steps - 1)


_templates = Environment(
    loader=PackageLoader("pricing_service", "web/pages"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(percent=percent, level=level)
