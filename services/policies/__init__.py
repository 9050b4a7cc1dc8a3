"""Versions of the rules: drafted, compared, tried on past days, approved by two people, activated and taken back."""
