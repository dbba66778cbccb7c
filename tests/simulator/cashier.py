"""Who stands at a till: sells, notes what the till said, asks again after a power cut."""

from typing import Any

from pos_client.core.record import Refused, Unknown
from pricing_service.security import customer_token
from tests.simulator.machine import Machine
from tests.simulator.notes import Notes, Sale

CARDS = ("2400000000017", "2400000000024", "2400000000031")
GOODS = (
    {"sku": "4006000", "quantity": 2, "unit_price": 1299, "category": "care", "brand": "Lumi"},
    {"sku": "4006001", "quantity": 1, "unit_price": 5200, "category": "fragrance", "brand": "Noct"},
    {"sku": "4006002", "quantity": 3, "unit_price": 899, "category": "hair", "brand": "Veld"},
    {"sku": "4006003", "quantity": 1, "unit_price": 8900, "category": "makeup", "brand": "Brindle"},
)


class Cashier:
    """One person at one machine; ``notes`` are read by the judge and by nobody else."""

    def __init__(self, machine: Machine, notes: Notes, tenant_key: bytes) -> None:
        self.machine, self.notes, self._tenant_key = machine, notes, tenant_key
        self._chance = machine.world.chance(f"cashier {machine.name}")
        self._count = 0
        self._unsure: tuple[Sale, dict, str] | None = None

    def work(self) -> None:
        """Serve one customer, or first find out what became of the one before."""
        if not self.machine.is_on:
            return
        if self._unsure:
            sale, basket, outcome = self._unsure
            self._unsure = None
            if sale.branch == self.machine.branch and self._chance.random() < 0.7:
                self._close(sale, basket, outcome)
                return
        kept = [sale for sale in self.notes.sales.values() if self._may_come_back(sale)]
        if kept and self._chance.random() < 0.1:
            self._give_back(self._chance.choice(kept))
        else:
            self._sell()

    def _sell(self) -> None:
        self._count += 1
        card = self._chance.choice((*CARDS, None, None))
        basket: dict[str, Any] = {"currency": "EUR", "cashier": "c7", "lines": [self._chance.choice(GOODS)]}
        if card:
            basket["customer"] = card
        token = customer_token(self._tenant_key, card) if card else None
        sale = Sale(f"{self.machine.name}-{self._count}", self.machine.branch, token)
        self.notes.sales[sale.name] = sale
        self._close(sale, basket, self._chance.choice(("sold", "sold", "sold", "lost")))

    def _close(self, sale: Sale, basket: dict, outcome: str) -> None:
        """Ask the till to close it; if the power goes, nobody knows whether it did."""
        self._unsure = (sale, basket, outcome)

        def ask() -> None:
            try:
                told = self.machine.till.close(sale.name, {"outcome": outcome})
            except Unknown:
                ended = self._negotiate(sale.name, basket, outcome)
                self._unsure = (sale, basket, ended)
                told = self.machine.till.close(sale.name, {"outcome": ended})
            self._unsure = None
            self._closed(sale, told)

        self.machine.attempt(ask)

    def _negotiate(self, name: str, basket: dict, outcome: str) -> str:
        """Whatever the customer says; the outcome that fits it."""
        told = self.machine.till.put(name, basket)
        while told["offer"] and told["state"] == "offering":
            reaction = self._chance.choice(("accepted", "asked_more", "asked_more", "left"))
            told = self.machine.till.react(name, {"rung": told["offer"]["rung"], "reaction": reaction})
        return "lost" if told["state"] == "lost" else outcome

    def _closed(self, sale: Sale, told: dict) -> None:
        sale.is_certain, sale.told = True, told
        self.machine.world.count("closed")
        self.machine.world.say("{}: closed {} as {}", self.machine.name, sale.name, told["record"])

    def _may_come_back(self, sale: Sale) -> bool:
        is_sold = sale.is_certain and not sale.is_return and sale.told["outcome"] == "sold"
        return is_sold and sale.branch == self.machine.branch

    def _give_back(self, sale: Sale) -> None:
        self._count += 1
        back = Sale(f"{self.machine.name}-r{self._count}", self.machine.branch, None, is_return=True)
        self.notes.sales[back.name] = back

        def ask() -> None:
            try:
                self._closed(back, self.machine.till.give_back(sale.name, {"return_id": back.name}))
            except Refused:  # it came back before, or its record rotted: nothing is given
                del self.notes.sales[back.name]

        self.machine.attempt(ask)
