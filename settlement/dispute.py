"""Money in dispute: only the disputed part is held, and it is released once, to the right side.

A hold is a reservation in the ledger, one for each leg of the way from who would pay to who would receive: between two
members it passes the retailer, as every yen of theirs. A ruling posts part or all of it, or voids it; the ledger takes
one end of a reservation, whatever comes twice. What a hold takes from nobody: the supply that goes on beside it is
billed as ever, and no account is closed.
"""

from collections.abc import Iterable, Sequence

from settlement.ledger import RETAILER, Transfer, TransferState, post, void

CORRECTION = "dispute_correction"
HELD = ":held"


def in_question_ujpy(transfers: Iterable[Transfer], account: str) -> int:
    """The money an account paid and received, each counted as what it is worth, uJPY: no more can be disputed.

    Corrections of other disputes do not count.
    """
    return sum(
        each.amount_ujpy
        for each in transfers
        if each.state is TransferState.POSTED and each.kind != CORRECTION and account in (each.debit, each.credit)
    )


def hold(dispute_id: str, slot: int, payer: str, payee: str, disputed_ujpy: int) -> list[Transfer]:
    """The reservations of a disputed sum above zero: one between a member and the retailer, two between members."""
    assert disputed_ujpy > 0, "nothing is held for nothing"
    legs = [(payer, payee)] if RETAILER in (payer, payee) else [(payer, RETAILER), (RETAILER, payee)]
    return [
        Transfer(f"dispute:{dispute_id}:{number}{HELD}", *leg, disputed_ujpy, CORRECTION, slot, TransferState.PENDING)
        for number, leg in enumerate(legs)
    ]


def release(held: Sequence[Transfer], due_ujpy: int) -> list[Transfer]:
    """The end of a hold: every leg posted with what is due, the rest given up; or all of it void when nothing is.

    Raises RuleBroken when more is due than is held.
    """
    ends = [each.id.removesuffix(HELD) for each in held]
    return [post(each, due_ujpy, end) if due_ujpy else void(each, end) for each, end in zip(held, ends, strict=True)]
