"""A program that a test kills: it sends one message to a webhook and stands still between the answer and its note."""

import os
import signal
import sys
from pathlib import Path

from street import MARKET, NOW, ORIGIN

from gateways.webhooks.sending import Sender
from gridpact.delivering import deliver_round
from identity.keys import KeyRing
from identity.passkey import Website
from memory.database import Database
from services.access.reception import Reception
from services.events.webhook_delivery import Answer, Delivery, Message
from services.steps import Steps


def send_and_stand_still(message: Message) -> Answer:
    """Says on standard output what the receiver answered, and never returns."""
    print(Sender(loopback=True)(message).status, flush=True)
    while True:
        signal.pause()


if __name__ == "__main__":
    url, folder = sys.argv[1], Path(sys.argv[2])
    steps = Steps(Database(url), KeyRing(folder / "keys.json", seed=1), lambda: NOW)
    deliver_round(Delivery(Reception(steps, os.urandom, Website(ORIGIN)), MARKET, send_and_stand_still))
