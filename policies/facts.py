"""What the triggers look at: one contract's facts, or the one matter that a case brings.

What nobody knows is said so: amounts are UNKNOWN, classes are empty, and every rule states what follows from that.
"""

from dataclasses import dataclass

from domain.errors import Fault
from domain.grid_state import GridState
from domain.site import Certification
from domain.tariff import Corridor
from policies.licences import LicenceState

UNKNOWN = -1
"""Of an amount that nobody knows. All amounts measured are zero or more."""


@dataclass(frozen=True, slots=True)
class Facts:
    """One contract as the triggers see it. Money in uJPY, prices in mJPY/kWh, energy in Wh, power in W, shares in ppm.

    energy_wh_per_year: of the contract in any one year; all of it when it lasts less. licences: one state a link of the
    supply chain, see ``licences.check_chain``; with their reasons. rule_faults: rule values that cannot be relied on
    when delivery begins; rule_faults_later: those that stop holding before it ends. unfiled: equipment that needs a
    safety filing and has none. support_scheme: a route of supply or a support as the pack names it. payment_rail,
    consumer_flag, disclosure: as the pack names them. surveillance: patterns of the findings that are open against
    either side, ``("none",)`` when a search found none, empty when nothing was searched.

    zone_share_ppm: the larger side's share of what the zone traded lately; small_zone: too few take part for a share to
    say anything. exposure_ujpy: what the buyer would have open with this contract, and its limit. grid_loading_ppm: of
    what the wires bear; kept_by_clearing: the auction kept it within them. dispute_ujpy, dispute: what is disputed, and
    of what kind. anomaly_ppm: a score. confidence_ppm: the least of the models that judged; modelled: False when none
    did. corrects: a settlement is corrected, by correction_ujpy, which is correction_ppm of the bill.
    account_day_ujpy, zone_day_ujpy: what the larger account and the zone trade on one day. imbalance_ujpy: what is
    expected; UNKNOWN when only the pack's own reserve says.
    """

    value_ujpy: int
    energy_wh_per_year: int
    tenor_days: int
    price_mjpy_per_kwh: int
    reference_price_mjpy_per_kwh: int
    corridor: Corridor
    seller_area: str
    buyer_area: str
    equipment: tuple[Certification, ...] = ()
    power_w: int = 0
    high_voltage: bool = False
    vehicle_to_grid: bool = False
    unfiled: bool = False
    licences: tuple[LicenceState, ...] = ()
    licence_reasons: tuple[str, ...] = ()
    rule_faults: tuple[Fault, ...] = ()
    rule_faults_later: tuple[Fault, ...] = ()
    support_scheme: str = ""
    clauses_outside_template: int = 0
    cash_settled: bool = False
    payment_rail: str = "retailer_bill"
    consumer_flag: str = ""
    disclosure: str = "pseudonyms"
    surveillance: tuple[str, ...] = ()
    zone_share_ppm: int = UNKNOWN
    small_zone: bool = False
    exposure_ujpy: int = UNKNOWN
    exposure_limit_ujpy: int = UNKNOWN
    grid_loading_ppm: int = UNKNOWN
    kept_by_clearing: bool = False
    dispute_ujpy: int = UNKNOWN
    dispute: str = ""
    anomaly_ppm: int = UNKNOWN
    confidence_ppm: int = UNKNOWN
    modelled: bool = False
    corrects: bool = False
    correction_ujpy: int = UNKNOWN
    correction_ppm: int = UNKNOWN
    grid_state: GridState | None = None
    account_day_ujpy: int = UNKNOWN
    zone_day_ujpy: int = UNKNOWN
    imbalance_ujpy: int = UNKNOWN
