"""Messages that a page says of a value: marked here, so that the catalogue has them."""

from typing import Final


def N_(message: str) -> str:  # noqa: N802
    """Mark a message for the catalogue; it is said where it is shown."""
    return message


HARMS: Final = {"high": N_("high"), "medium": N_("medium"), "low": N_("low")}
STATES: Final = {
    "open": N_("open"),
    "approved": N_("approved"),
    "rejected": N_("rejected"),
    "expired": N_("expired: counts as rejected"),
}
DONE: Final = {"opened": N_("sent to people"), "approve": N_("approved"), "reject": N_("rejected")}
EXPERTISE: Final = {
    "legal": N_("law"),
    "grid": N_("grid"),
    "finance": N_("finance"),
    "mediator": N_("mediation"),
    "operator": N_("operation"),
}
FACTS: Final = {"price": N_("Unit price"), "energy": N_("Energy"), "value": N_("Worth")}
CHOOSE: Final = N_("Choose what you decide.")
