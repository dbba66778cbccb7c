"""What a jurisdiction has shops say where a price was personalised: texts with a version, by the till's language.

A policy names its `jurisdiction`; tills show the text with every offer to a customer they know, and write what they
showed, and the version, into the record.
"""

from typing import Any

from pos_client.core.record import Invalid

NEW_YORK = "THIS PRICE WAS SET BY AN ALGORITHM USING YOUR PERSONAL DATA"
NOTICES: dict[str, dict[str, str]] = {
    # Directive 2011/83/EU, article 6(1)(ea), as of 28 May 2022.
    "eu": {
        "id": "eu/2022-05",
        "en": "This price was personalised on the basis of automated decision-making.",
        "ru": "Эта цена персонализирована на основе автоматизированного принятия решений.",
        "fr": "Ce prix a été personnalisé sur la base d'une prise de décision automatisée.",
    },
    # General Business Law section 349-a, as of 10 November 2025: these words, and a translation behind them.
    "us-ny": {
        "id": "us-ny/2025-11",
        "en": NEW_YORK,
        "ru": NEW_YORK + " (эта цена установлена алгоритмом по вашим персональным данным)",
        "fr": NEW_YORK + " (ce prix a été fixé par un algorithme à partir de vos données personnelles)",
    },
}


def check(policy: dict[str, Any]) -> None:
    """Raise `Invalid` for a policy that names a jurisdiction whose text is not known."""
    named = policy.get("jurisdiction")
    if named is not None and named not in NOTICES:
        raise Invalid("unknown-jurisdiction", "jurisdiction is one of " + ", ".join(sorted(NOTICES)))


def of(policy: dict[str, Any]) -> dict[str, str] | None:
    """What tills are told to show, with its version as ``id``; None where no law asks for anything."""
    return NOTICES.get(policy.get("jurisdiction") or "")
