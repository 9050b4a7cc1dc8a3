"""Disputes: raised or noticed, held in part, corrected, ruled on, and remembered."""
