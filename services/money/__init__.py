"""From delivery to money: reservations, settlement, the day's close, statements and who gains."""
