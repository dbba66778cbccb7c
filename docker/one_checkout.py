"""One customer at the till of `docker/try.sh`; ends when the service has acknowledged the record."""

import json
import sys
import time
import urllib.request

TILL = f"http://127.0.0.1:{sys.argv[1]}"
BASKET = {
    "currency": "EUR",
    "lines": [{"sku": "4006000", "quantity": 2, "unit_price": 1299, "category": "care"}],
}
GIVEN = [{"id": "bday", "kind": "birthday", "label": "Birthday 5%", "amount": 130}]


def ask(method: str, path: str, body: object = None) -> dict:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(TILL + path, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


decided = ask("PUT", "/v1/checkouts/image-1", {**BASKET, "discounts": GIVEN})
assert decided["offer"]["amount"] == 130, decided
ask("POST", "/v1/checkouts/image-1/reactions", {"rung": 0, "reaction": "accepted"})
print(ask("POST", "/v1/checkouts/image-1/close", {"outcome": "sold"})["record"])
for _ in range(30):
    health = ask("GET", "/v1/health")
    if health["journal"]["depth"] == 0:
        sys.exit(0)
    time.sleep(0.5)
sys.exit(f"the record did not arrive: {health}")
