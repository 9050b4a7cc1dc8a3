"""What a run did, measured and checked again: figures, audit, surveillance, proofs."""
