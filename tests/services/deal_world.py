"""A small world for tests of negotiation: a roof that exports by day, a shop that buys, two who have sent nothing."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from domain.party import Mandate
from domain.reading import Reading
from domain.reading_batch import ReadingBatch
from domain.site import Device, DeviceKind, Site
from identity import access
from identity.keys import KeyRing, seeded_key
from identity.signatures import seal
from memory import registry
from memory.database import Database
from memory.devices import telemetry
from policies.pack import load_pack
from services.deals.deal_parties import Invitation, Premises
from services.histories import Histories
from services.market_time import MarketTime
from services.roster import load_roster
from services.rules import Rules
from services.steps import Steps

NOW = datetime(2026, 5, 20, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Tokyo")
RULES = Rules(load_pack("jp_demo"), "tokyo")
MARKET = MarketTime(RULES.product, ZONE)
SLOT = MARKET.at(NOW) + MARKET.ahead
DAYS = 14
SITES = ("roof", "shop", "dark", "paused")
INVITATION = Invitation("roof", "shop", SLOT, 12)


def day_wh(site: str, hour: int) -> tuple[int, int]:
    """What a site's meter imports and exports in a half hour of this local hour, Wh."""
    if site == "roof":
        return (0, 900 if 10 <= hour < 14 else 500) if 9 <= hour < 15 else (200, 0)
    return (700, 0)


def premises(database: Database, folder: Path, **mandates: Mandate) -> Premises:
    """The world, two weeks metered. mandates: by site, in place of the ordinary ones."""
    ordinary = {site: Mandate(site, 1, 8_600, 16_000, 0, 3_000, active=site != "paused") for site in SITES}
    first = SLOT - MARKET.unknown - DAYS * MARKET.per_day
    with database.begin("world") as tx:
        access.grant_defaults(tx)
        registry.save_site(
            tx, *(Site(site, f"party-{site}", "tokyo") for site in SITES), Site("shed", "party-roof", "tokyo")
        )
        registry.save_mandate(tx, *(ordinary | mandates).values(), replace(ordinary["roof"], site_id="shed"))
        registry.save_device(tx, *(Device(f"{site}-m", site, DeviceKind.METER, 0) for site in SITES))
        for site in ("roof", "shop"):
            sent = [_reading(site, slot) for slot in range(first, SLOT - MARKET.unknown + 1)]
            envelope = seal(seeded_key(1, site), sent, created_at=NOW, audience="local")
            telemetry.append(tx, [telemetry.Sent(envelope, ReadingBatch.of(sent), site)], NOW)
        roster = load_roster(tx, MARKET.slot_min)
    steps = Steps(database, KeyRing(folder / "keys.json", 1), lambda: NOW)
    return Premises(steps, RULES, roster, Histories(database, roster.ids, first), MARKET)


def _reading(site: str, slot: int) -> Reading:
    imported_wh, exported_wh = day_wh(site, MARKET.slot(slot).local_start(ZONE).hour)
    return Reading(f"{site}-m", 1, slot, slot, imported_wh, exported_wh)
