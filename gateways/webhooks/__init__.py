"""Webhooks going out: where they may go, and one message sent within bounds."""
