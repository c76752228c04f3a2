"""The storefront's side of the payments service: one call, three outcomes."""

from __future__ import annotations

from dataclasses import dataclass

import httpx


class CardDeclined(Exception):
    """The customer's bank said no. That is an answer, not a failure."""


class PaymentsUnavailable(Exception):
    """There was no yes and no no, so the order cannot be placed."""


class PaymentsSilent(PaymentsUnavailable):
    """There was no answer at all: whether the card was charged is not known."""


@dataclass(frozen=True)
class Payment:
    id: str


class Payments:
    """Charges cards at the payments service."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def charge(self, card: str, amount_cents: int) -> Payment:
        try:
            answer = self._client.post(
                "/charges", json={"card": card, "amount_cents": amount_cents}
            )
        except httpx.TransportError as error:
            raise PaymentsSilent(str(error)) from error
        if answer.status_code == 402:
            raise CardDeclined(answer.json()["detail"])
        if answer.is_error:
            raise PaymentsUnavailable(f"payments answered {answer.status_code}")
        return Payment(id=answer.json()["id"])
