"""What traded, was ordered and metered, searched for patterns that no honest household makes."""
