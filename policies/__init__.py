"""What the law and the operator allow, as data. Rule packs hold dated values with their sources; the modules turn them
into the price corridor, the licence check and the triggers that ask people. Where a value cannot be relied on, nothing
is traded."""
