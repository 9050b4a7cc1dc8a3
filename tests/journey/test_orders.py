"""Members' own orders through the whole day: by HTTP, over a crash, to the contract, the money and the explanation."""

from dataclasses import replace
from typing import Any

from inside import REDUCED_DAY, admit, prepared
from processes import killed
from starlette.testclient import TestClient
from worlds import Worlds

from domain.contract import ContractState
from domain.slot import Slot
from domain.trade import Venue
from gateways.http.app import create_app
from gridpact.clock import HandClock
from gridpact.demo import Run
from gridpact.door import doors
from memory.books import ledger
from memory.trading import contracts, orders, trades
from services.figures.audit import audit
from services.orders.market_view import own_limits
from services.telling.explaining import price_facts
from settlement.ledger import TransferState


def client_of(run: Run, *people: str) -> TestClient:
    """The API, with each person's id as its token."""
    admit(run, {person: person for person in people})
    return TestClient(create_app(doors(run.house)), base_url="http://gridpact.local")


def pair_of(run: Run, slot: int) -> tuple[Any, Any, int]:
    """Two sites of different members that may meet, and a price that suits both."""
    with run.house.database.read() as tx:
        asks, bids = own_limits(tx, run.ctx, run.ctx.day_of(slot))
    sites = run.ctx.roster.sites
    seller, buyer = next(
        (one, other)
        for one in range(len(sites))
        for other in range(len(sites))
        if sites[one].party_id != sites[other].party_id and asks[one] + 10 <= bids[other]
    )
    price = int(asks[seller]) + 9
    return sites[seller], sites[buyer], price - price % 10


def finish(run: Run, clock: HandClock, slot: int) -> None:
    """Trade every slot up to this one, deliver and settle."""
    for tick in range(run.first_tick, slot + 3 + 1):
        clock.moment = Slot(tick).start
        delivered = tick - 3
        if delivered >= run.world.homes.next_slot:
            run.world.send(delivered, run.world.live(delivered), clock())
        run.scheduler.settle_due(clock())
        if tick + 4 <= slot:
            run.scheduler.trade(tick + 4)


def test_an_order_placed_by_http_is_traded_contracted_settled_and_explained(worlds: Worlds) -> None:
    """The whole way, and the audit finds nothing wrong with it."""
    with prepared(worlds.fresh(), replace(REDUCED_DAY, planted=False)) as (run, clock):
        slot = run.traded[1]
        seller, buyer, price = pair_of(run, slot)
        client = client_of(run, seller.party_id, buyer.party_id)
        for site, side, energy_wh in ((seller, "sell", 120), (buyer, "buy", 100)):
            told = {"slot": slot, "site": site.id, "side": side, "limit_mjpy_per_kwh": price, "energy_wh": energy_wh}
            headers = {"Authorization": f"Bearer {site.party_id}", "Idempotency-Key": "one"}
            response = client.post("/api/v1/orders", json=told, headers=headers)
            assert response.status_code == 201, response.text
        assert response.json()["trades"] == [{"energy_wh": 100, "price_mjpy_per_kwh": price}]
        finish(run, clock, slot)
        with run.house.database.read() as tx:
            (early,) = [each for each in trades.of_slot(tx, slot) if each.market is Venue.CONTINUOUS]
            (contract,) = [each for each in contracts.of_slot(tx, slot) if each.trade_id == early.id]
            assert (contract.price_mjpy_per_kwh, contract.energy_wh) == (price, 100)
            assert contract.state is ContractState.SETTLED
            posted = ledger.of_slots(tx, slot, slot)
            assert {each.state for each in posted} <= {TransferState.POSTED, TransferState.VOID, TransferState.PENDING}
            carried = [each for each in orders.of_slot(tx, slot) if each.id == early.sell_order]
            assert [each.energy_wh for each in carried] == [20]
            sides = {each.side for each in orders.of_slot(tx, slot) if each.site_id == seller.id}
            assert len(sides) == 1
            facts = price_facts(tx, run.ctx, seller.id, slot)
            assert (facts["early_sold_wh"], facts["early_price_mjpy_per_kwh"]) == (100, price)
            assert ledger.sum_ujpy(tx) == 0
            assert audit(tx, run.ctx)["order_commands"] == 3


def test_killed_around_a_command_it_is_done_once_and_whole(worlds: Worlds) -> None:
    """Before the commit nothing of it is there, after it all is; sent again it counts once either way."""
    with prepared(made := worlds.fresh(), replace(REDUCED_DAY, planted=False)) as (run, _):
        slot = run.traded[1]
        seller, buyer, price = pair_of(run, slot)
        clock = run.clock().isoformat()
        with run.house.database.begin("clock") as tx:
            from memory import world as facts

            facts.put(tx, "clock", clock)
            facts.put(tx, "plan", run.plan.record())
    ask = (
        "orders",
        "place",
        str(slot),
        seller.id,
        "sell",
        str(price),
        "100",
        "--person",
        seller.party_id,
        "--key",
        "k",
    )
    bid = ("orders", "place", str(slot), buyer.id, "buy", str(price), "100", "--person", buyer.party_id, "--key", "k")
    for command in (ask, bid):
        for moment in ("order:before", "order:after"):
            assert killed(made.command(*command, GRIDPACT_CRASH_AT=moment))
        ended = made.command(*command)
        assert ended.returncode == 0, ended.stderr
    with prepared(made, replace(REDUCED_DAY, planted=False)) as (run, _), run.house.database.read() as tx:
        (trade,) = trades.of_slot(tx, slot)
        assert (trade.energy_wh, trade.price_mjpy_per_kwh) == (100, price)
        assert audit(tx, run.ctx)["order_commands"] == 2
