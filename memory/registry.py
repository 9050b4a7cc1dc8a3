"""Who and what is registered: parties, licences, sites, devices, mandates.

A later registration of the same party, licence, site or device replaces the earlier one, but one without a key leaves
the key that a device has: what was signed with it must go on to hold. Mandates are kept in all
versions, because orders of the past were bound by the one then in force. Every list is in order of the ids.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, Text, any_, bindparam, case, select
from sqlalchemy import Row as RowOfAny
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on, insert

from domain.party import DayLimits, Expertise, Licence, Mandate, Party, Role
from domain.site import Certification, Device, DeviceKind, Site
from domain.wish import EnergySource, Wishes
from memory import tables
from memory.rows import write_once

Row = dict[str, Any]
RowOf = RowOfAny[Any]
LIMITS = (
    *("site_id", "version", "sell_min_mjpy_per_kwh", "buy_max_mjpy_per_kwh"),
    *("reserve_wh", "order_max_wh", "active", "valid_until", "stop_word_hash"),
)


def save_party(tx: Connection, *parties: Party) -> None:
    """Register people and firms."""
    rows = [
        {
            "id": party.id,
            "name": party.name,
            "role": str(party.role),
            "expertise": str(party.expertise) if party.expertise else None,
        }
        for party in parties
    ]
    _replace(tx, tables.party, rows)


def save_licence(tx: Connection, *licences: Licence) -> None:
    """Register licences; one is known by holder, kind and number."""
    rows = [
        {
            "holder_id": licence.holder_id,
            "kind": licence.kind,
            "number": licence.number,
            "registered_name": licence.registered_name,
            "valid_to": licence.valid_to,
        }
        for licence in licences
    ]
    _replace(tx, tables.licence, rows)


def save_site(tx: Connection, *sites: Site) -> None:
    """Register points of connection."""
    rows = [
        {
            "id": site.id,
            "party_id": site.party_id,
            "area": site.area,
            "bus": site.bus,
            "kind": site.kind,
            "profile": site.profile,
            "pv_profile": site.pv_profile,
        }
        for site in sites
    ]
    _replace(tx, tables.site, rows)


def save_device(tx: Connection, *devices: Device) -> None:
    """Register meters and what stands behind them."""
    rows = [
        {
            "id": device.id,
            "site_id": device.site_id,
            "kind": str(device.kind),
            "power_w": device.power_w,
            "capacity_wh": device.capacity_wh,
            "efficiency_permille": device.efficiency_permille,
            "certification": str(device.certification),
            "public_key": device.public_key,
            "feeds_home": device.feeds_home,
            "departure_min": device.departure_min,
            "asked_wh": device.asked_wh,
        }
        for device in devices
    ]
    known, new = tables.device.c, insert(tables.device).excluded
    kept = case((new.public_key == b"", known.public_key), else_=new.public_key)
    _replace(tx, tables.device, rows, {"public_key": kept})


def save_mandate(tx: Connection, *mandates: Mandate) -> None:
    """Keep mandates. Raises Conflict when a version comes back with other content: changing one takes a new version."""
    rows = [
        {
            "site_id": mandate.site_id,
            "version": mandate.version,
            "sell_min_mjpy_per_kwh": mandate.sell_min_mjpy_per_kwh,
            "buy_max_mjpy_per_kwh": mandate.buy_max_mjpy_per_kwh,
            "reserve_wh": mandate.reserve_wh,
            "order_max_wh": mandate.order_max_wh,
            "active": mandate.active,
            "partner_site": mandate.wishes.partner_site,
            "source": str(mandate.wishes.source) if mandate.wishes.source else None,
            "local_first": mandate.wishes.local_first,
            "premium_max_mjpy_per_kwh": mandate.wishes.premium_max_mjpy_per_kwh,
            "spend_max_ujpy_per_day": mandate.day.spend_max_ujpy_per_day,
            "trade_max_wh_per_day": mandate.day.trade_max_wh_per_day,
            "valid_until": mandate.valid_until,
            "stop_word_hash": mandate.stop_word_hash,
        }
        for mandate in mandates
    ]
    write_once(tx, tables.mandate, rows)


def parties(tx: Connection) -> list[Party]:
    """Every party."""
    return [party_of(row) for row in tx.execute(select(tables.party).order_by(tables.party.c.id))]


def party_of(row: RowOf) -> Party:
    """A party from its row."""
    return Party(row.id, row.name, Role(row.role), Expertise(row.expertise) if row.expertise else None)


def licences(tx: Connection) -> list[Licence]:
    """Every licence, by holder, kind and number."""
    keys = (tables.licence.c.holder_id, tables.licence.c.kind, tables.licence.c.number)
    return [
        Licence(row.holder_id, row.kind, row.number, row.registered_name, row.valid_to)
        for row in tx.execute(select(tables.licence).order_by(*keys))
    ]


def sites(tx: Connection) -> list[Site]:
    """Every site. A site's position in this list is its ``site`` in columns."""
    return [Site(*row) for row in tx.execute(select(tables.site).order_by(tables.site.c.id))]


def devices(tx: Connection) -> list[Device]:
    """Every device."""
    return [device_of(row) for row in tx.execute(select(tables.device).order_by(tables.device.c.id))]


def devices_of(tx: Connection, ids: Iterable[str]) -> dict[str, Device]:
    """The devices of these ids that are registered, by id: a few of however many there are."""
    wanted = select(tables.device).where(tables.device.c.id == any_(bindparam("ids", type_=ARRAY(Text))))
    return {row.id: device_of(row) for row in tx.execute(wanted, {"ids": list(ids)})}


def device_of(row: RowOf) -> Device:
    """A device from its row."""
    return Device(
        row.id,
        row.site_id,
        DeviceKind(row.kind),
        row.power_w,
        row.capacity_wh,
        row.efficiency_permille,
        Certification(row.certification),
        bytes(row.public_key),
        row.feeds_home,
        row.departure_min,
        row.asked_wh,
    )


def mandates(tx: Connection) -> dict[str, Mandate]:
    """The mandate in force at each site: its latest version."""
    columns = tables.mandate.c
    latest = select(tables.mandate).ext(distinct_on(columns.site_id))
    rows = tx.execute(latest.order_by(columns.site_id, columns.version.desc()))
    return {row["site_id"]: mandate_of(row) for row in rows.mappings()}


def mandate_of(row: RowMapping) -> Mandate:
    """A version of a mandate from its row."""
    source = EnergySource(row["source"]) if row["source"] else None
    wishes = Wishes(row["partner_site"], source, row["local_first"], row["premium_max_mjpy_per_kwh"])
    day = DayLimits(row["spend_max_ujpy_per_day"], row["trade_max_wh_per_day"])
    return Mandate(**{name: row[name] for name in LIMITS}, wishes=wishes, day=day)


def mandate_versions(tx: Connection, site_id: str) -> list[Mandate]:
    """Every version of a site's mandate, the first one first."""
    columns = tables.mandate.c
    wanted = select(tables.mandate).where(columns.site_id == site_id).order_by(columns.version)
    return [mandate_of(row) for row in tx.execute(wanted).mappings()]


def _replace(tx: Connection, table: Table, rows: Sequence[Row], instead: Mapping[str, Any] | None = None) -> None:
    """instead: what to write over an earlier row's field in place of the new one's."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    new = insert(table)
    changed = {name: new.excluded[name] for name in rows[0] if name not in keys} | dict(instead or {})
    tx.execute(new.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))
