"""The one error of an update."""


class Refusal(Exception):
    """An update, or a part of it, was refused; what runs stays as it is.

    ``code`` names the reason in kebab-case, is reported to the service and never changes; ``detail`` is for people.
    `docs/updates.md` has the table of all of them.
    """

    def __init__(self, code: str, detail: str = ""):
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
