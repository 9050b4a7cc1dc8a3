"""The default method: somebody looked at papers, and says which. What they say is on record under their name."""

from datetime import datetime

from domain.errors import Fault, InputRefused
from identity.evidence import Evidence, Level, Proof

DOCUMENT_CHARACTERS = range(3, 101)


class ManualMethod:
    """Believes the person who looked."""

    name = "manual"

    def prove(self, challenge: bytes, proof: Proof, now: datetime) -> Evidence:
        """The evidence of papers. Raises InputRefused when the proof does not say which, or is another method's."""
        if len(proof.document.strip()) not in DOCUMENT_CHARACTERS or proof.chain or proof.signature:
            raise InputRefused([Fault("document", "wrong_form", "say which papers you saw, in 3 to 100 characters")])
        return Evidence(self.name, Level.PAPERS, " ".join(proof.document.split()), "", "not applicable")
