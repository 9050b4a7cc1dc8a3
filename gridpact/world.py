"""The demonstration's world around the market: homes that live, meters that sign and send, prices that move.

It stands where the real world would: it posts readings to the HTTP gateway and takes set-points from the outbox. What
the homes were told they keep in a file of their own, as real devices would, so that a crash of Gridpact changes nothing
in them; how they lived follows from the profiles and those set-points alone.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from domain.errors import OutsideFailed
from domain.order import Column
from domain.slot import slots_per_day
from memory.database import Database
from memory.trading import prices
from simulation.community import Community
from simulation.flexible import FlexibleUse, extra_load_wh
from simulation.homes import Flows, Homes, Stores, first_stores, live_untraded
from simulation.meters import Meters, Response, Transport
from simulation.prices import SOURCE, Prices

HISTORY_DAYS = 56


class Told(NamedTuple):
    """What the homes were told of one slot, (charge, discharge) in Wh by site id: batteries, and vehicles."""

    setpoints: dict[str, tuple[int, int]]
    charges: dict[str, tuple[int, int]]


NOTHING = Told({}, {})


@dataclass(slots=True)
class ToldHomes:
    """Homes that remember on disk what they were told. Serves as the market's ``Homes`` port."""

    path: Path
    told: dict[int, Told] = field(default_factory=dict)
    placed: dict[str, dict[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        for line in filter(None, lines):
            try:
                record = json.loads(line)
            except json.JSONDecodeError:  # a crash cut it short: it was never acknowledged and comes again
                continue
            if "placed" in record:
                self._place({name: dict(map(tuple, runs)) for name, runs in record["placed"].items()})
                continue
            self.told[record["slot"]] = Told(_pairs(record["told"]), _pairs(record["charges"]))

    def dispatch(
        self, slot: int, setpoints: Mapping[str, tuple[int, int]], charges: Mapping[str, tuple[int, int]]
    ) -> None:
        """Keep what a slot's batteries and vehicles are told. The same again changes nothing."""
        given = Told(dict(setpoints), dict(charges))
        if self.told.get(slot) == given:
            return
        self._keep({"slot": slot, "told": given.setpoints, "charges": given.charges})
        self.told[slot] = given

    def place_loads(self, first_slot: int, placed: Mapping[str, Mapping[int, int]]) -> None:
        """Keep when the loads of the day of ``first_slot`` run. The same again changes nothing."""
        if all(self.placed.get(name, {}).items() >= runs.items() for name, runs in placed.items()):
            return
        self._keep({"first_slot": first_slot, "placed": {name: list(runs.items()) for name, runs in placed.items()}})
        self._place(placed)

    def _place(self, placed: Mapping[str, Mapping[int, int]]) -> None:
        """An order's name may come again on another day, in other slots."""
        for name, runs in placed.items():
            self.placed[name] = {**self.placed.get(name, {}), **runs}

    def _keep(self, record: dict[str, Any]) -> None:
        """On the disk before it is acknowledged."""
        with self.path.open("a") as file:
            file.write("\n" + json.dumps(record))
            file.flush()
            os.fsync(file.fileno())


@dataclass(slots=True)
class World:
    """One community from the start of its history on."""

    community: Community
    first_slot: int
    database: Database
    transport: Transport
    homes_told: ToldHomes
    audience: str
    uses: list[FlexibleUse] = field(default_factory=list)
    prices: Prices = field(init=False)
    meters: Meters = field(init=False)
    homes: Homes = field(init=False)

    def __post_init__(self) -> None:
        self.prices = Prices(self.community)
        self.meters = Meters(self.community, self.audience)

    def live_history(self, last_slot: int) -> Flows:
        """Live from the first slot up to and with ``last_slot`` without trade; the homes stand after it."""
        flows = live_untraded(self.community, self.first_slot, last_slot + 1)
        self.homes = Homes(self.community, last_slot + 1, first_stores(self.community).after(flows))
        return flows

    def send_history(self, flows: Flows, now: datetime) -> int:
        """Send the past through the readings' door; returns how many readings were taken in."""
        for response in self.meters.send_backfill(self.transport, self.first_slot, flows, now):
            _require_taken(response)
        return int(flows.import_wh.size)

    def live(self, slot: int) -> Flows:
        """Live through every slot up to and with ``slot`` as the homes were told; returns the last one's flows."""
        flows: Flows | None = None
        while self.homes.next_slot <= slot:
            at = self.homes.next_slot
            flows = self.homes.step(at, *self.homes_told.told.get(at, NOTHING), self._extra_wh(at, at + 1)[:, 0])
        assert flows is not None, "the homes have lived this slot already"
        return flows

    def send(self, slot: int, flows: Flows, now: datetime, *, backfill: bool = False) -> None:
        """Send a slot's readings and publish its imbalance price. backfill: they are old on purpose."""
        _require_taken(self.meters.send_slot(self.transport, slot, flows, now, backfill=backfill))
        short_wh = int(flows.import_wh.sum() - flows.export_wh.sum()) - self._expected_net_wh(slot)
        with self.database.begin("imbalance") as tx:
            price = self.prices.imbalance(slot, short_wh)
            prices.put(tx, slot, "imbalance", self.community.sites[0].area, price, SOURCE)

    def publish_wholesale(self, first: int, last: int) -> None:
        """Publish the day-ahead prices of slots ``first`` to ``last``."""
        with self.database.begin("wholesale") as tx:
            for slot in range(first, last + 1):
                price = self.prices.wholesale(slot)
                prices.put(tx, slot, "wholesale", self.community.sites[0].area, price, SOURCE)

    def without_trade(self, first: int, last: int, stores: Stores) -> Flows:
        """The physical run of slots ``first`` to ``last`` without any set-point. Columns of shape (sites, slots)."""
        habits_wh = extra_load_wh(self.uses, {}, self.community.ids, first, last + 1)
        return live_untraded(self.community, first, last + 1, stores, habits_wh)

    def _extra_wh(self, first: int, end: int) -> Column:
        """What flexible uses add where they were placed, or else at their owners' hours."""
        return extra_load_wh(self.uses, self.homes_told.placed, self.community.ids, first, end)

    def _expected_net_wh(self, slot: int) -> int:
        """What the area expected of the community: the same slot of the day before."""
        before = slot - slots_per_day(self.community.slot_min)
        load, pv = self.community.load_wh(before, before + 1), self.community.pv_wh(before, before + 1)
        return int(load.sum() - pv.sum())


def _pairs(told: dict[str, list[int]]) -> dict[str, tuple[int, int]]:
    return {site: (charge_wh, discharge_wh) for site, (charge_wh, discharge_wh) in told.items()}


def _require_taken(response: Response) -> None:
    """Every reading of the world must be taken in, now or before; anything else is a fault of the demonstration."""
    if response.status_code >= 300:
        said = response.json()
        detail = said.get("detail", said) if isinstance(said, dict) else said
        raise OutsideFailed(f"the readings' door answered {response.status_code}: {detail}")
