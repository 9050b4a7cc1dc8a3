"""A day run by hand: sheets to take along, what people wrote on them, and its settlement when the meters are back."""
