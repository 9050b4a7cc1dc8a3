"""The registry in parts, for whoever may see only some of it: parties, sites, devices and mandates by their ids.

What is registered, and how a row is read: memory.registry.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import distinct_on

from domain.party import Licence, Mandate, Party
from domain.site import Device, Site
from memory import registry, tables
from memory.window import Sites, Window, at_sites, cut


def sites_of(tx: Connection, party_id: str) -> list[str]:
    """The ids of a party's sites, in order."""
    site = tables.site.c
    return list(tx.execute(select(site.id).where(site.party_id == party_id).order_by(site.id)).scalars())


def parties(tx: Connection, party_id: str | None, window: Window) -> list[Party]:
    """Everybody, or one party alone, by id."""
    party = tables.party.c
    wanted = select(tables.party)
    if party_id is not None:
        wanted = wanted.where(party.id == party_id)
    return [registry.party_of(row) for row in tx.execute(cut(wanted, [party.id], window))]


def licences(tx: Connection, holders: Sequence[str]) -> list[Licence]:
    """What these parties hold, by holder, kind and number."""
    licence = tables.licence.c
    wanted = select(tables.licence).where(licence.holder_id.in_(holders))
    return [Licence(*row) for row in tx.execute(wanted.order_by(licence.holder_id, licence.kind, licence.number))]


def sites(tx: Connection, among: Sites, window: Window) -> list[Site]:
    """Sites by id."""
    site = tables.site.c
    return [
        Site(*row) for row in tx.execute(cut(select(tables.site).where(*at_sites(among, site.id)), [site.id], window))
    ]


def site(tx: Connection, site_id: str) -> Site | None:
    """One site, None when there is none of this id."""
    return next(iter(sites(tx, [site_id], Window(limit=1))), None)


def devices(tx: Connection, among: Sites, window: Window) -> list[Device]:
    """The devices at these sites, by id."""
    device = tables.device.c
    wanted = select(tables.device).where(*at_sites(among, device.site_id))
    return [registry.device_of(row) for row in tx.execute(cut(wanted, [device.id], window))]


def device(tx: Connection, among: Sites, device_id: str) -> Device | None:
    """One device, None when there is none of this id at these sites."""
    column = tables.device.c
    wanted = select(tables.device).where(column.id == device_id, *at_sites(among, column.site_id))
    return next((registry.device_of(row) for row in tx.execute(wanted)), None)


def mandates(tx: Connection, among: Sites, window: Window) -> list[Mandate]:
    """The mandates in force at these sites, by site."""
    mandate = tables.mandate.c
    latest = select(tables.mandate).where(*at_sites(among, mandate.site_id)).ext(distinct_on(mandate.site_id))
    if window.after:
        latest = latest.where(mandate.site_id > window.after[0])
    latest = latest.order_by(mandate.site_id, mandate.version.desc()).limit(window.limit + 1)
    return [registry.mandate_of(row) for row in tx.execute(latest).mappings()]


def mandate(tx: Connection, site_id: str) -> Mandate | None:
    """The mandate in force at one site."""
    return next(iter(mandates(tx, [site_id], Window(limit=1))), None)


def lock(tx: Connection, site_id: str) -> None:
    """Wait until nobody else changes what is registered of the site, and hold it until this transaction ends."""
    tx.execute(select(tables.site.c.id).where(tables.site.c.id == site_id).with_for_update())
