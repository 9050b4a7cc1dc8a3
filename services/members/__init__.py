"""Members on record: people and firms, what they agreed to, their mandates, and what is told and kept of them."""
