"""Who may do what: keys, signatures, device trust, credit and grants. No agent can overrule what is refused here."""
