"""Events on their way to webhooks: one round of all that are due, and the thread of ``gridpact up`` that goes on."""

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from domain.errors import OutsideFailed
from gridpact.wiring import House, open_reception
from memory.events.webhooks import WebhookRow
from services.events.webhook_delivery import Answer, Delivery, Round

EVERY_S = 1.0
ENDED_S_MAX = 30.0
AT_ONCE_MAX = 8
LOG = logging.getLogger(__name__)


def delivery_of(house: House) -> Delivery:
    """Who carries the house's events out."""
    from gateways.webhooks.sending import Sender

    return Delivery(open_reception(house), house.time, Sender(house.settings.webhook_loopback))


def deliver_round(delivery: Delivery) -> Round:
    """Serve every webhook whose turn it is, eight at a time: a slow one keeps the others waiting only so long."""
    due = delivery.due()
    if not due:
        return Round(0, 0)
    with ThreadPoolExecutor(AT_ONCE_MAX, thread_name_prefix="webhook") as pool:
        done = list(pool.map(lambda row: _served(delivery, row), due))
    return Round(sum(each.delivered for each in done), sum(each.failed for each in done))


def _served(delivery: Delivery, row: WebhookRow) -> Round:
    """Serve one webhook; what nobody foresaw is its own failure and keeps no other waiting."""
    try:
        return delivery.serve(row)
    except OutsideFailed:
        raise
    except Exception as broken:
        LOG.exception("webhook %s failed", row.id)
        return delivery.failed(row, Answer(None, type(broken).__name__), 0)


@contextmanager
def delivering(house: House) -> Iterator[None]:
    """Deliver from entering to leaving. What a round leaves undone the next one finds."""
    stop, delivery = threading.Event(), delivery_of(house)
    thread = threading.Thread(target=_go_on, args=(delivery, stop), name="webhooks", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(ENDED_S_MAX)


def _go_on(delivery: Delivery, stop: threading.Event) -> None:
    while not stop.wait(EVERY_S):
        try:
            deliver_round(delivery)
        except OutsideFailed as failure:
            LOG.error("webhooks wait: %s", failure)
        except Exception:
            LOG.exception("a round of webhooks failed")  # the next one may not
