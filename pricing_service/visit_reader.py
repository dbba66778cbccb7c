"""Records of the log as the numbers that `models.recompute` takes, some thirty bytes a visit. This imports numba."""

from array import array
from typing import Any

import numpy as np

from models.recompute import SAYS_NOTHING, UNKNOWN, Kind, Visits
from pos_client.core import belief
from pos_client.core.belief import Model
from pos_client.core.shop import is_sale
from pricing_service.learning import teaches, tells


class VisitReader:
    """Collects the visits of one log, as they look to one model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._customers: dict[str, int] = {}
        self._kinds: dict[Kind, int] = {}
        self._customer, self._day, self._kind = array("i"), array("i"), array("i")
        self._sale, self._cohort, self._offset = array("b"), array("h"), array("q")

    def read(self, record: dict[str, Any], day: int) -> None:
        """Add the next record of the log; a return, or an anonymous checkout, is none of anybody's visits."""
        if not teaches(record):
            return
        self._customer.append(self._customers.setdefault(record["customer"], len(self._customers)))
        self._day.append(day)
        self._kind.append(self._kind_of(record))
        self._sale.append(is_sale(record))
        if self._model.cohorts:
            cohort = belief.cohort_of(self._model, record)
            self._cohort.append(UNKNOWN if cohort is None else 1 + cohort)
        if self._model.covariates:
            self._offset.append(belief.offset(self._model, record))

    def _kind_of(self, record: dict[str, Any]) -> int:
        offers = belief.offers_of(record)
        if not tells(offers, record["outcome"]):
            return SAYS_NOTHING
        kind = Kind(tuple(offers), record["outcome"])
        return self._kinds.setdefault(kind, len(self._kinds))

    def result(self) -> tuple[list[str], Visits, list[Kind]]:
        """Customers in the order of their tokens, their visits in the order of the log, and the kinds of these."""
        tokens = sorted(self._customers)
        place = np.empty(len(tokens), np.int32)
        place[[self._customers[token] for token in tokens]] = np.arange(len(tokens), dtype=np.int32)
        visits = Visits(
            len(tokens),
            place[np.asarray(self._customer)],
            np.asarray(self._day),
            np.asarray(self._kind),
            np.asarray(self._sale).astype(bool),
            np.asarray(self._cohort),
            np.asarray(self._offset),
        )
        return tokens, visits, list(self._kinds)
