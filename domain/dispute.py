"""A dispute's way: explained, corrected, answered, mediated, reviewed, taken outside. Silence never pays anybody.

    opened > offered > answering > mediation > ruled > review > outside > ended

Money is paid when both sides agree, or when a person has ruled so and nobody asks for a review in time.
"""

from enum import StrEnum

from domain.errors import TransitionRefused


class DisputeStep(StrEnum):
    """Where a dispute stands. Ruled: a mediator has spoken, and either side may still ask for a review."""

    OPENED = "opened"
    OFFERED = "offered"
    ANSWERING = "answering"
    MEDIATION = "mediation"
    RULED = "ruled"
    REVIEW = "review"
    OUTSIDE = "outside"
    ENDED = "ended"


class DisputeEvent(StrEnum):
    """What moves a dispute. Silent: the deadline of the step has passed. Upheld, dismissed: what people ruled."""

    OFFER = "offer"
    NO_OFFER = "no_offer"
    AGREED = "agreed"
    REFUSED = "refused"
    SILENT = "silent"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    APPEALED = "appealed"
    WITHDRAWN = "withdrawn"


class DisputeWord(StrEnum):
    """What a side says. Accept and refuse: of an offer, or of the claim itself. Review: of what a mediator ruled."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    REVIEW = "review"
    WITHDRAW = "withdraw"


class DisputeOutcome(StrEnum):
    """How a dispute ended."""

    CORRECTED = "corrected"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"


_S, _E = DisputeStep, DisputeEvent
_MOVES: dict[tuple[DisputeStep, DisputeEvent], DisputeStep] = {
    (_S.OPENED, _E.OFFER): _S.OFFERED,
    (_S.OPENED, _E.NO_OFFER): _S.ANSWERING,
    (_S.OFFERED, _E.AGREED): _S.ENDED,
    (_S.OFFERED, _E.REFUSED): _S.ANSWERING,
    (_S.OFFERED, _E.SILENT): _S.ANSWERING,
    (_S.ANSWERING, _E.AGREED): _S.ENDED,
    (_S.ANSWERING, _E.REFUSED): _S.MEDIATION,
    (_S.ANSWERING, _E.SILENT): _S.MEDIATION,
    (_S.MEDIATION, _E.UPHELD): _S.RULED,
    (_S.MEDIATION, _E.DISMISSED): _S.RULED,
    (_S.MEDIATION, _E.SILENT): _S.REVIEW,
    (_S.RULED, _E.APPEALED): _S.REVIEW,
    (_S.RULED, _E.SILENT): _S.ENDED,
    (_S.REVIEW, _E.UPHELD): _S.ENDED,
    (_S.REVIEW, _E.DISMISSED): _S.ENDED,
    (_S.REVIEW, _E.SILENT): _S.OUTSIDE,
    (_S.OUTSIDE, _E.UPHELD): _S.ENDED,
    (_S.OUTSIDE, _E.DISMISSED): _S.ENDED,
} | {(step, _E.WITHDRAWN): _S.ENDED for step in _S if step is not _S.ENDED}
_ENDS = {
    _E.AGREED: DisputeOutcome.CORRECTED,
    _E.UPHELD: DisputeOutcome.UPHELD,
    _E.DISMISSED: DisputeOutcome.DISMISSED,
    _E.WITHDRAWN: DisputeOutcome.WITHDRAWN,
}


def next_step(step: DisputeStep, event: DisputeEvent) -> DisputeStep:
    """Where an event leads. Raises TransitionRefused when it leads nowhere from there."""
    if (step, event) not in _MOVES:
        raise TransitionRefused(f"a dispute that is {step} cannot be {event}")
    return _MOVES[step, event]


def outcome_of(event: DisputeEvent, ruled: DisputeEvent | None) -> DisputeOutcome:
    """How a dispute ends by an event. ruled: what a mediator said before, which stands when nobody asks for a review.

    Asserts that silence ends nothing that no person has ruled on.
    """
    if event is DisputeEvent.SILENT:
        assert ruled is not None, "silence ends nothing by itself"
        event = ruled
    return _ENDS[event]
