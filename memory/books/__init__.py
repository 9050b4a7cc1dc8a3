"""Tables that prove what was done: journal, ledger, settlements, chain records, and the steps of a run."""
