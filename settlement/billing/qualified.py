"""Whether a bill is a qualified invoice (適格請求書): what it must state, all faults at once.

Required: the issuer's name and registered number, the day or time of delivery, what was delivered, the totals and the
tax by rate, the recipient. The last four are a bill's own; here are the names and the number. Of a seller that is
registered, the retailer's statement of purchases (仕入明細書) states the seller's number.
"""

from typing import NamedTuple

from domain.corporate_number import corporate_number_fault, invoice_number_fault
from domain.errors import Fault


class Named(NamedTuple):
    """A person or firm as a bill names it; numbers empty where there are none."""

    name: str
    invoice_number: str = ""
    corporate_number: str = ""


def invoice_faults(issuer: Named, recipient: Named) -> list[Fault]:
    """What keeps an issuer's bill from being a qualified invoice; none when it is one."""
    faults = [
        Fault(where, "missing", "a qualified invoice states the name")
        for where, named in (("issuer", issuer), ("recipient", recipient))
        if not named.name.strip()
    ]
    if not issuer.invoice_number:
        return [*faults, Fault("issuer", "missing", "no invoice number (T and 13 digits) is on record")]
    if issuer.corporate_number and (wrong := corporate_number_fault(issuer.corporate_number)):
        faults.append(Fault("issuer", "wrong_form", wrong))
    if wrong := invoice_number_fault(issuer.invoice_number, issuer.corporate_number):
        faults.append(Fault("issuer", "wrong_form", wrong))
    return faults
