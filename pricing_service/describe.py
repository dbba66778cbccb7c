"""``python -m pricing_service.describe > docs/openapi.json`` after a change of the API that was meant."""

import json

from pricing_service.app import framework


def document() -> str:
    """The API's description as the repository keeps it."""
    return json.dumps(framework().openapi(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    print(document(), end="")
