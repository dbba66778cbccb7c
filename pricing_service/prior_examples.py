"""What an analyst may send as a prior: shown in the API's description."""

from typing import Any

EXAMPLES: dict[str, dict[str, Any]] = {
    "words": {
        "id": "spring-1",
        "note": "After the talk with the store managers.",
        "prior": {
            "declaration": "rung-1",
            "name": "Spring",
            "words": {
                "need": {"half_need_more_than": 9, "sure_between": [5, 16]},
                "types": {"indifferent": 0.25, "hunter": 0.15, "sensitive": 0.6, "worth_customers": 20},
                "walks_out": {"sensitive": {"one_refusal_in": 10, "worth_refusals": 50}},
                "after_a_refusal": {"wants_more": 25, "exactly": True},
            },
        },
    },
    "densities": {
        "id": "spring-2",
        "prior": {
            "declaration": "rung-1",
            "name": "Spring, as numbers",
            "mu": {"density": "normal", "mean": -2.4, "sd": 0.3},
            "delta": {"density": "fixed", "value": 0.22},
        },
    },
}
