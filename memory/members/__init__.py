"""Tables of people and firms, and how their data is erased."""
