"""The till's HTTP API and the cashier's page, over a `Till`; nothing here waits for the network."""

from pos_client.core.record import Invalid
from pos_client.core.wording import say
from pos_client.web import Answer, TillServer, decoded, sent, told, unknown_path

LARGEST_BODY = 256 * 1024  # 500 lines with every field
MOST_DISPLAYS = 8

_PAGE = "index.html page.css page.js keys.js own.js sight.js till.js view.js words.js display.html display.js".split()


def application(till, folder: str = "", largest_body: int = LARGEST_BODY, most_displays: int = MOST_DISPLAYS):
    """The server of ``till``. ``folder`` holds the page's files; a small machine sets lower limits.

    Few routes for many paths: each costs a device half a kilobyte.
    """
    app = TillServer(most_displays, largest_body)
    _changes(app, till)
    _reads(app, till)
    _page(app, folder or __file__.rsplit("/", 1)[0] + "/page")
    return app


def _changes(app: TillServer, till) -> None:
    """What a point of sale or the page asks of a checkout; every display is told afterwards."""
    calls = {
        "reactions": till.react,
        "close": till.close,
        "return": till.give_back,
        "goodwill": till.goodwill,
    }

    def changed(request, answer):
        app.streams.changed()
        return told(_in_language(request, answer))

    @app.put("/v1/checkouts/<checkout_id>")
    async def put(request, checkout_id):
        return changed(request, till.put(decoded(checkout_id), sent(request)))

    @app.post("/v1/checkouts/<checkout_id>/<call>")
    async def post(request, checkout_id, call):
        if call not in calls:
            return unknown_path()
        return changed(request, calls[call](decoded(checkout_id), sent(request)))


def _page(app: TillServer, folder: str) -> None:
    @app.get("/")
    async def cashier(request):
        return app.file(request, folder + "/index.html")

    @app.get("/<name>")
    async def part(request, name):
        if name == "display":
            name = "display.html"
        return app.file(request, folder + "/" + name) if name in _PAGE else unknown_path()


def _reads(app: TillServer, till) -> None:
    @app.get("/v1/checkouts/<checkout_id>")
    async def show(request, checkout_id):
        return told(_in_language(request, till.show(decoded(checkout_id))))

    @app.get("/v1/checkouts/<checkout_id>/receipt")
    async def receipt(request, checkout_id):
        from pos_client import printing  # 10 kB that a till whose receipts are printed elsewhere never loads

        language = request.args.get("language") or till.language
        lines = printing.receipt_lines(
            language, till.show(decoded(checkout_id)), _width(request, printing.WIDTH)
        )
        headers = {"Content-Type": "application/octet-stream", "Cache-Control": "no-store"}
        return Answer(printing.block(lines), 200, headers)

    @app.get("/v1/health")
    async def health(request):
        return told(till.health())

    @app.get("/v1/stream")
    async def stream(request):
        def checkout():
            current = till.current()
            if current and request.args.get("view") != "cashier":
                current = _for_customer(current)
            return _in_language(request, current)

        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        return Answer(app.streams.display(checkout, till.health), 200, headers)


def _width(request, usual: int) -> int:
    width = request.args.get("width")
    if not width:
        return usual
    if not width.isdigit() or not 16 <= int(width[:4]) <= 80:
        raise Invalid("out-of-range", "width must be from 16 to 80 characters")
    return int(width)


def _for_customer(checkout: dict) -> dict:
    """What a customer may read: the offer on the table and the sums, not what else could be asked for."""
    shown = {}
    for name in ("checkout_id", "state", "currency", "gross", "automatic", "discount", "pay"):
        shown[name] = checkout.get(name)
    shown["goodwill"] = {"given": checkout["goodwill"]["given"]}
    offer = checkout.get("offer")
    shown["offer"] = offer and {name: offer[name] for name in ("label", "amount", "pay", "say", "disclosure")}
    return shown


def _in_language(request, checkout):
    """``checkout`` with the line to say in the language that ``?language=`` asks for."""
    language = request.args.get("language")
    offer = checkout and checkout.get("offer")
    if not language or not offer:
        return checkout
    offer = dict(offer)
    gesture = checkout["goodwill"]["given"]
    offer["say"] = say(language, offer["label"], offer["amount"], gesture, checkout["currency"], offer["pay"])
    checkout = dict(checkout)
    checkout["offer"] = offer
    return checkout
