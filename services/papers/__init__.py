"""Contracts on paper: templates that two people approved, particulars, delivery, consent, cooling-off, their audit."""
