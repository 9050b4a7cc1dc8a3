"""Deals beside the auction: two members' agents negotiate, and what they agree is filed."""
