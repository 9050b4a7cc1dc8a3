"""Written by ``make client`` from the API's description: change the API and run it again, not this file."""

from datetime import date
from enum import StrEnum
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel

from client.transport import Transport, new_key


class AcceptForm(BaseModel):
    """code: of the secret that the invitation showed last."""

    invitation: str
    password: str
    code: str


class AcceptedItem(BaseModel):
    """The same, with recovery codes that are shown this once."""

    account: str
    csrf: str
    recovery_codes: list[str]


class AccountRole(StrEnum):
    """What an account may be. The four kinds of expertise have the words of :class:`domain.party.Expertise`."""

    VISITOR = "visitor"
    MEMBER = "member"
    LEGAL = "legal"
    GRID = "grid"
    FINANCE = "finance"
    MEDIATOR = "mediator"
    OPERATOR = "operator"
    ADMIN = "admin"
    AUDITOR = "auditor"
    INSTALLER = "installer"
    RETAILER = "retailer"
    CLIENT = "client"


class ActItem(BaseModel):
    """What a side did with its papers, or was done for it: delivered, opened, consented, withdrawn."""

    party_id: str
    kind: str
    documents: list[str]
    at: AwareDatetime


class AddressItem(BaseModel):
    """Where the browser goes."""

    address: str


class AmendForm(BaseModel):
    """What an order shall be from now on; energy is that of the whole order, traded energy included."""

    limit_mjpy_per_kwh: int
    energy_wh: int


class AmendmentForm(BaseModel):
    """Other terms: what is not named stays. Energy in Wh over the whole time, price in mJPY/kWh."""

    price_mjpy_per_kwh: int | None = None
    energy_wh: int | None = None
    slot_end: int | None = None
    extra_clauses: list[str] | None = None
    reason: str


class AmendmentItem(BaseModel):
    """Other terms, and which parties consent to them. state: proposed or agreed."""

    id: str
    case_id: str
    made_by: str
    made_at: AwareDatetime
    changes: dict[str, Any]
    reason: str
    consents: list[dict[str, Any]]
    state: str


class AnswerForm(BaseModel):
    """The credential as the browser's ``toJSON`` gives it."""

    credential: dict[str, Any]


class AreaEnergyItem(BaseModel):
    """Energy of a kind (demand, solar, wind, interconnection ...) in an area and slot; less than nothing went out of it or into a store. revision: from 1, one more each time it was published otherwise. source: its file."""

    slot: int
    start: AwareDatetime
    kind: str
    energy_wh: int
    revision: int
    source: str


class BillCredit(BaseModel):
    """What the retailer may deduct of purchases without a qualified invoice."""

    share_ppm: int
    value_jpy: int
    deduction_jpy: int


class BillRule(BaseModel):
    """What a line rests on: its key in the rule pack, the pack's version, who says so, its number and when it holds. assumed: a demonstration's assumption."""

    key: str
    version: str
    source: str
    value: int | None
    first: date | None
    last: date | None
    assumed: bool


class BillLine(BaseModel):
    """One line. value: what the person pays, below zero what it receives. price: mJPY per kWh, or per kW and month; uJPY of a month; null where it moved from slot to slot. posted: stands in the ledger."""

    site: str
    section: str
    item: str
    tier: int
    first: date
    last: date
    quantity: int
    unit: str
    price: int | None
    value_ujpy: int
    tax_ppm: int | None
    posted: bool
    rules: list[BillRule]


class BillTotal(BaseModel):
    """What the lines of one document and rate come to, in yen; the tax inside; what was rounded off."""

    document: str
    tax_ppm: int | None
    value_jpy: int
    tax_jpy: int | None
    rounding_ujpy: int


class BillTrade(BaseModel):
    """A delivered contract and what proves it; with_site: the other side. leaf, siblings: 32 bytes in hex each."""

    digest: str
    slot: int
    starts: str
    side: Literal["bought", "sold"]
    with_site: str
    energy_wh: int
    delivered_wh: int
    price_mjpy_per_kwh: int
    leaf: str
    siblings: list[str]
    record: str | None
    root: str | None
    receipt: dict[str, Any] | None


class WithoutTrading(BaseModel):
    """The same metered energy with the utility alone."""

    import_wh: int
    export_wh: int
    utility_ujpy: int
    buyback_ujpy: int
    monthly_ujpy: int
    value_ujpy: int


class BillItem(BaseModel):
    """A person's bill of a month. label: what a demonstration's pages bear, by language. not_qualified_because: why it is no qualified invoice. slots_settled of slots: how far it is. payable: in yen, below zero received."""

    number: str
    month: str
    party: str
    sites: list[str]
    first: date
    last: date
    label: dict[str, str]
    not_qualified_because: list[str]
    slots_settled: int
    slots: int
    lines: list[BillLine]
    totals: list[BillTotal]
    credits: list[BillCredit]
    value_ujpy: int
    rounding_ujpy: int
    payable_jpy: int
    without_trading: WithoutTrading
    saving_ujpy: int
    trades: list[BillTrade]


class LevelItem(BaseModel):
    """What rests at one limit."""

    limit_mjpy_per_kwh: int
    energy_wh: int


class BookItem(BaseModel):
    """A slot's book and from when to when it takes orders; the best limits first."""

    slot: int
    opens: AwareDatetime
    closes: AwareDatetime
    bids: list[LevelItem]
    asks: list[LevelItem]


class CaseEvidenceItem(BaseModel):
    """Whether an answer became part of the evidence."""

    case_id: str
    evidence: bool


class CaseState(StrEnum):
    """Where a case stands. Expired is what silence becomes: a rejection, never an approval. Amended: other terms took the place of those it was about, and are judged anew."""

    OPEN = "open"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    AMENDED = "amended"


class CaseItem(BaseModel):
    """A case. roles: whose expertise is asked. approvals: how many it takes. precedents: cases like it. claims: what of the summary evidence bears, with the ids of its pieces. harm_ujpy: what is at stake."""

    id: str
    contract_digest: str
    opened_at: AwareDatetime
    deadline: AwareDatetime
    state: CaseState
    roles: list[str]
    approvals: int
    findings: list[dict[str, Any]]
    evidence: dict[str, Any]
    evidence_hash: str
    summary: str
    summary_by: str
    claims: list[dict[str, Any]]
    precedents: list[dict[str, Any]]
    on_timeout: str
    harm_ujpy: int
    planted: str | None


class CertificateForm(BaseModel):
    """An issuer's certificate (SD-JWT) of the device at a site."""

    site: str
    certificate: str


class Certification(StrEnum):
    """What the equipment registry says of a device's type."""

    CERTIFIED = "certified"
    KNOWN_NOT_CERTIFIED = "known_not_certified"
    FIRST_OF_KIND = "first_of_kind"


class ChallengeItem(BaseModel):
    """What a person signs today to prove who it is here."""

    sign: str


class ClaimItem(BaseModel):
    """Who has a case in hand until when."""

    case_id: str
    account_id: str
    taken_at: AwareDatetime
    until: AwareDatetime
    delegated_by: str | None


class ContestForm(BaseModel):
    """Which part is wrong, and why."""

    part: str
    says: str


class ContestItem(BaseModel):
    """The dispute on which a mediator rules."""

    dispute: int


class ContractState(StrEnum):
    """Where a contract stands."""

    DRAFTED = "drafted"
    ESCALATED = "escalated"
    APPROVED = "approved"
    REJECTED = "rejected"
    BLOCKED = "blocked"
    RECORDED = "recorded"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class ContractItem(BaseModel):
    """A contract. trade_id or proposal_id: what it came out of. price: at the seller's meter. delivered_wh: its metered part, null before settlement. kept_wh: what is left of it where it was cut, else null. terms: what the digest is of."""

    digest: str
    slot: int
    trade_id: str | None
    proposal_id: str | None
    seller_site: str
    buyer_site: str
    energy_wh: int
    price_mjpy_per_kwh: int
    standard: bool
    state: ContractState
    delivered_wh: int | None
    kept_wh: int | None
    terms: dict[str, Any]


class DayAheadOrderForm(BaseModel):
    """One order as it is written. slots: the starts of its slots, or of a window's first and last."""

    key: str
    site: str
    kind: Literal["simple", "block", "load", "run"]
    side: Literal["buy", "sell"]
    limit_mjpy_per_kwh: int
    slots: list[str]
    energy_wh: list[int]
    slot_wh_max: int = 0
    least_permille: int = 1000
    parent: str | None = None
    group: str | None = None


class DealItem(BaseModel):
    """What traded at once."""

    energy_wh: int
    price_mjpy_per_kwh: int


class ReasonCode(StrEnum):
    """The kind of reason behind a verdict, for counting; the words beside it say the rest."""

    IN_ORDER = "in_order"
    PRICE = "price"
    CREDIT = "credit"
    LICENCE = "licence"
    GRID = "grid"
    EQUIPMENT = "equipment"
    CONSUMER = "consumer"
    DATA = "data"
    TERMS = "terms"
    OTHER = "other"


class Verdict(StrEnum):
    """What an expert says of a case."""

    APPROVE = "approve"
    REJECT = "reject"


class DecisionForm(BaseModel):
    """What a person sends to decide a case. The person is whoever the credential names, never a field."""

    verdict: Verdict
    reason: str
    evidence_hash: str
    reason_code: ReasonCode | None = None


class DecisionItem(BaseModel):
    """A decision as written down. stage: the how many-th of its case."""

    case_id: str
    stage: int
    person: str
    verdict: Verdict


class DeviceKind(StrEnum):
    """What a device is. A meter signs readings; the others act or produce, a charger may count too."""

    METER = "meter"
    PV = "pv"
    BATTERY = "battery"
    EV_CHARGER = "ev_charger"
    HEAT_PUMP = "heat_pump"


class DeviceForm(BaseModel):
    """A device and its nameplate. A meter has a public key and nothing else; equipment has its rated power."""

    site: str
    kind: DeviceKind
    power_w: int = 0
    capacity_wh: int = 0
    public_key: str | None = None


class DeviceItem(BaseModel):
    """A device. public_key: of a meter, Ed25519 in hex, empty for others. feeds_home, departure_min, asked_wh: of a charger, whether its vehicle may cover the home's need, and what it must hold when, minutes after local midnight."""

    id: str
    site_id: str
    kind: DeviceKind
    power_w: int
    capacity_wh: int
    efficiency_permille: int
    certification: Certification
    public_key: str
    feeds_home: bool
    departure_min: int
    asked_wh: int


class DisputeActItem(BaseModel):
    """One thing done in a dispute. party_id: null where rules and clock did it."""

    number: int
    kind: str
    party_id: str | None
    at: AwareDatetime
    body: dict[str, Any]


class DisputeOutcome(StrEnum):
    """How a dispute ended."""

    CORRECTED = "corrected"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"


class DisputeStep(StrEnum):
    """Where a dispute stands. Ruled: a mediator has spoken, and either side may still ask for a review."""

    OPENED = "opened"
    OFFERED = "offered"
    ANSWERING = "answering"
    MEDIATION = "mediation"
    RULED = "ruled"
    REVIEW = "review"
    OUTSIDE = "outside"
    ENDED = "ended"


class DisputeItem(BaseModel):
    """A dispute. disputed_ujpy: of the money in question this much is held until it has an outcome. offered_ujpy: the correction that data come to. case_id: where people rule."""

    id: str
    kind: str
    site_id: str
    party_id: str
    against_party: str
    contract_digest: str | None
    first_slot: int
    last_slot: int
    says: str
    opened_at: AwareDatetime
    in_question_ujpy: int
    disputed_ujpy: int
    offered_ujpy: int
    paid_ujpy: int
    evidence_hash: str
    step: DisputeStep
    deadline: AwareDatetime | None
    outcome: DisputeOutcome | None
    case_id: str | None


class DisputeFileItem(BaseModel):
    """A dispute with the evidence on which both sides are heard, and what was done."""

    dispute: DisputeItem
    evidence: dict[str, Any]
    acts: list[DisputeActItem]


class DisputeForm(BaseModel):
    """What is disputed: a type that the rules name, a site and its settled slots, and how much it should have received more or paid less. contract: digest, when it is about one with another member."""

    kind: str
    site_id: str
    first_slot: int
    last_slot: int
    disputed_ujpy: int
    says: str
    contract: str | None = None


class DisputeWord(StrEnum):
    """What a side says. Accept and refuse: of an offer, or of the claim itself. Review: of what a mediator ruled."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    REVIEW = "review"
    WITHDRAW = "withdraw"


class DocumentForm(BaseModel):
    """A version of a text by its name."""

    version: str
    sha256: str
    name: str


class EnergySource(StrEnum):
    """What sold energy comes from."""

    SOLAR = "solar"
    BATTERY = "battery"


class FaultItem(BaseModel):
    """One thing that is wrong: where, a stable word for programs, and what to do, for people."""

    where: str
    code: str
    message: str


class Status(StrEnum):
    """What became of an envelope."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REFUSED = "refused"


class EnvelopeItem(BaseModel):
    """What became of an envelope. id: empty when it had none that could be read."""

    id: str
    status: Status
    readings: int
    faults: list[FaultItem]


class ErasureForm(BaseModel):
    """Who asked for it and when."""

    reason: str


class ErasureItem(BaseModel):
    """role: in which the word counts. done: the data are erased now. records: that were deleted. kept: those that the law still asks for."""

    role: str
    done: bool
    records: int
    kept: int


class EventKind(StrEnum):
    """Everything the stream can tell."""

    SLOT_CLEARED = "slot.cleared"
    SLOT_STOPPED = "slot.stopped"
    SLOT_WAITS = "slot.waits"
    SLOT_SETTLED = "slot.settled"
    TRADE_MADE = "trade.made"
    CONTRACT_DRAFTED = "contract.drafted"
    CONTRACT_APPROVED = "contract.approved"
    CONTRACT_REFUSED = "contract.refused"
    CONTRACT_CANCELLED = "contract.cancelled"
    CONTRACT_CUT = "contract.cut"
    CONTRACT_RECORDED = "contract.recorded"
    SITE_SETTLED = "site.settled"
    CASE_OPENED = "case.opened"
    CASE_DECIDED = "case.decided"
    CASE_CLOSED = "case.closed"
    GRID_SIGNAL = "grid.signal"
    MARKET_STOPPED = "market.stopped"
    MARKET_RESUME_ASKED = "market.resume_asked"
    MARKET_RESUMED = "market.resumed"
    MANDATE_CHANGED = "mandate.changed"
    READINGS_CORRECTED = "readings.corrected"


class EventItem(BaseModel):
    """One event. id: its place in the stream. data: by kind, docs/integrate/events.md lists it; Wh and uJPY."""

    id: str
    at: AwareDatetime
    kind: EventKind
    subject: str
    data: dict[str, Any]


class EventItems(BaseModel):
    """Events in order. next: what goes into ``after``, also of an empty page. more: whether there is more by now."""

    items: list[EventItem]
    next: str
    more: bool


class EvidenceForm(BaseModel):
    """How somebody proves who it is. manual: the papers that were seen, by their kind. jpki: certificates in PEM, the person's first, and the signature over the challenge in hex. ocsp, crl: what the authority says of revocation, one of them, DER in base64."""

    method: str
    document: str = ""
    chain: str = ""
    signature: str = ""
    ocsp: str = ""
    crl: str = ""


class EvidenceItem(BaseModel):
    """What was found. status: what is known of whether the proof was taken back."""

    method: str
    level: str
    status: str


class Expertise(StrEnum):
    """On what an expert may decide."""

    LEGAL = "legal"
    GRID = "grid"
    FINANCE = "finance"
    MEDIATOR = "mediator"


class ExportItem(BaseModel):
    """Every row about a party, by table."""

    party: str
    exported_at: AwareDatetime
    tables: dict[str, list[dict[str, Any]]]


class QuestionItem(BaseModel):
    """A question, and its answer when there is one."""

    case_id: str
    number: int
    party_id: str
    asked_by: str
    asked_at: AwareDatetime
    question: str
    answered_by: str | None
    answered_at: AwareDatetime | None
    answer: str | None


class SignedItem(BaseModel):
    """A decision with what it is checked by: the EIP-712 signature under the address of the account."""

    stage: int
    person: str
    verdict: str
    reason: str
    reason_code: str | None
    evidence_hash: str
    at: AwareDatetime
    expires_at: AwareDatetime | None
    address: str | None


class FileItem(BaseModel):
    """A case with all that stands around it; trail: what happened, from the journal."""

    case: CaseItem
    claim: ClaimItem | None
    decisions: list[SignedItem]
    questions: list[QuestionItem]
    amendments: list[AmendmentItem]
    trail: list[dict[str, Any]]


class FiledItem(BaseModel):
    """The names of the orders that stand."""

    day: date
    orders: list[str]


class GrantItem(BaseModel):
    """What one granted. client: the program's id. resource: where the grant is good."""

    id: str
    client: str
    name: str
    scopes: list[str]
    resource: str
    made_at: AwareDatetime
    expires_at: AwareDatetime


class Grants(BaseModel):
    """One's own grants."""

    items: list[GrantItem]


class Health(BaseModel):
    """status: ok. at: the moment, by the house's clock."""

    status: str
    version: str
    at: AwareDatetime


class IntakeItem(BaseModel):
    """How many envelopes ended how, how many readings were new, and each envelope in its order."""

    accepted: int
    duplicate: int
    conflict: int
    refused: int
    readings: int
    items: list[EnvelopeItem]


class InvitationForm(BaseModel):
    """The invitation as it was handed over."""

    invitation: str


class InvitationItem(BaseModel):
    """An invitation, shown this once."""

    invitation: str


class InviteForm(BaseModel):
    """Whom to invite, for which party, as what."""

    login: str
    party: str
    roles: list[AccountRole]


class KeyForm(BaseModel):
    """days: how long it is good."""

    name: str
    scopes: list[str]
    days: int = 90


class KeyItem(BaseModel):
    """A key without what opens anything. made_by: the account that made it."""

    id: str
    account: str
    name: str
    scopes: list[str]
    made_at: AwareDatetime
    made_by: str
    expires_at: AwareDatetime
    used_at: AwareDatetime | None
    revoked_at: AwareDatetime | None


class KeyItems(BaseModel):
    """One's own keys."""

    items: list[KeyItem]


class Kind(StrEnum):
    """The collections of the standard."""

    PROGRAMS = "programs"
    EVENTS = "events"
    REPORTS = "reports"
    SUBSCRIPTIONS = "subscriptions"
    VENS = "vens"


class LicenceItem(BaseModel):
    """A registration that a supply rests on. valid_to: its last day."""

    kind: str
    number: str
    registered_name: str
    valid_to: date


class LineItem(BaseModel):
    """One kind of payment over the day, received less paid."""

    kind: str
    value_ujpy: int


class QueueOrder(StrEnum):
    """What comes first: the nearest deadline, or what is most at stake."""

    DEADLINE = "deadline"
    HARM = "harm"


class LoadItem(BaseModel):
    """How many cases wait, in which order they should be looked at now, and how many each account has in hand."""

    waiting: int
    order: QueueOrder
    held: dict[str, int]


class WishesForm(BaseModel):
    """From whom the member would rather buy, and what it pays above the price where a wish is met, mJPY/kWh."""

    partner_site: str = ""
    source: EnergySource | None = None
    local_first: bool = False
    premium_max_mjpy_per_kwh: int = 0


class MandateForm(BaseModel):
    """A mandate in full. Prices in mJPY/kWh at the seller's meter, energy in Wh. active: false pauses trading."""

    sell_min_mjpy_per_kwh: int
    buy_max_mjpy_per_kwh: int
    reserve_wh: int
    order_max_wh: int
    active: bool
    wishes: WishesForm | None = None
    spend_max_ujpy_per_day: int | None = None
    trade_max_wh_per_day: int | None = None
    valid_until: date | None = None


class WishesItem(BaseModel):
    """Whom the member would rather buy from; partner_site is empty and source null without such a wish."""

    partner_site: str
    source: EnergySource | None
    local_first: bool
    premium_max_mjpy_per_kwh: int


class MandateItem(BaseModel):
    """A version of a site's mandate."""

    site_id: str
    version: int
    sell_min_mjpy_per_kwh: int
    buy_max_mjpy_per_kwh: int
    reserve_wh: int
    order_max_wh: int
    active: bool
    wishes: WishesItem
    spend_max_ujpy_per_day: int | None
    trade_max_wh_per_day: int | None
    valid_until: date | None


class MoveItem(BaseModel):
    """What the battery does in a slot beyond covering the home's own need, how much of their nameplate the panels may put out, what the vehicle's charger takes at most (null: nobody says) and gives to the home."""

    slot: int
    charge_wh: int
    discharge_wh: int
    pv_limit_percent: int
    vehicle_charge_wh: int | None
    vehicle_discharge_wh: int


class NewKey(BaseModel):
    """A new key, shown this once."""

    key: str


class NewPasskeyForm(BaseModel):
    """name: what its owner calls the device."""

    credential: dict[str, Any]
    name: str


class NewWebhook(BaseModel):
    """A new webhook. secret: what its messages are signed with, shown this once."""

    id: str
    url: str
    kinds: list[EventKind]
    state: str
    made_at: AwareDatetime
    delivered_at: AwareDatetime | None
    failures: int
    due_at: AwareDatetime
    last_error: str | None
    next: str
    secret: str


class NewWebhookForm(BaseModel):
    """url: where events go, https. kinds: which, all when empty."""

    url: str
    kinds: list[EventKind] = []


class NextKeyForm(BaseModel):
    """A meter's next key. proof: in hex, what the key before signs: device, market, public_key and the purpose gridpact-key-1 in canonical JSON; an installer needs none. overlap: how long the key before stays good."""

    public_key: str
    proof: str | None = None
    overlap_h: int = 0


class OpenItem(BaseModel):
    """An open order. until: when it ends."""

    order: str
    site: str
    side: str
    limit_mjpy_per_kwh: int
    left_wh: int
    traded_wh: int
    until: AwareDatetime


class OpenOrders(BaseModel):
    """Open orders of a slot, by priority."""

    items: list[OpenItem]


class OpenSession(BaseModel):
    """A session of one's own. how: by what one signed in. this: it is the asking one."""

    id: str
    made_at: AwareDatetime
    seen_at: AwareDatetime
    how: str
    address: str
    this: bool


class OpenSessions(BaseModel):
    """One's own sessions, the newest first."""

    items: list[OpenSession]


class OrderForm(BaseModel):
    """A new order. until: when it ends, with its time zone; without it, it rests until the call, and is in it."""

    limit_mjpy_per_kwh: int
    energy_wh: int
    slot: int
    site: str
    side: str
    until: AwareDatetime | None = None


class OutcomeItem(BaseModel):
    """An order and what became of it. state: for programs, words: for people. traded_wh: by the slot's label."""

    id: str
    site: str
    kind: str
    side: str
    limit_mjpy_per_kwh: int
    state: str
    traded_wh: dict[str, int]
    words: str


class OutcomesItem(BaseModel):
    """The orders of a day."""

    day: date
    items: list[OutcomeItem]


class PageAreaEnergyItem(BaseModel):
    """The form Page_AreaEnergyItem_."""

    items: list[AreaEnergyItem]
    next: str | None


class PageCaseItem(BaseModel):
    """The form Page_CaseItem_."""

    items: list[CaseItem]
    next: str | None


class PageContractItem(BaseModel):
    """The form Page_ContractItem_."""

    items: list[ContractItem]
    next: str | None


class PageDeviceItem(BaseModel):
    """The form Page_DeviceItem_."""

    items: list[DeviceItem]
    next: str | None


class PageDisputeItem(BaseModel):
    """The form Page_DisputeItem_."""

    items: list[DisputeItem]
    next: str | None


class PageMandateItem(BaseModel):
    """The form Page_MandateItem_."""

    items: list[MandateItem]
    next: str | None


class Role(StrEnum):
    """What a party is in the market."""

    MEMBER = "member"
    RETAILER = "retailer"
    PLATFORM = "platform"
    EXPERT = "expert"


class PartyItem(BaseModel):
    """A person or a firm. expertise: of an expert, null for others."""

    id: str
    name: str
    role: Role
    expertise: Expertise | None
    licences: list[LicenceItem]


class PagePartyItem(BaseModel):
    """The form Page_PartyItem_."""

    items: list[PartyItem]
    next: str | None


class Quality(StrEnum):
    """How an amount came to be known."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    SUBSTITUTED = "substituted"
    CORRECTED = "corrected"


class ReadingItem(BaseModel):
    """What a device said of one slot, in Wh; (device_id, boot, counter) is its name. revision: its place among what was said of the site and slot, from 1; counts: nothing outranks it. stored: at the slot's end."""

    site_id: str
    slot: int
    start: AwareDatetime
    device_id: str
    boot: int
    counter: int
    quality: Quality
    revision: int
    counts: bool
    received_at: AwareDatetime
    import_wh: int
    export_wh: int
    generation_wh: int
    charge_wh: int
    discharge_wh: int
    stored_wh: int
    vehicle_charge_wh: int
    vehicle_discharge_wh: int
    vehicle_stored_wh: int


class PageReadingItem(BaseModel):
    """The form Page_ReadingItem_."""

    items: list[ReadingItem]
    next: str | None


class SiteItem(BaseModel):
    """A point of connection. bus: its node in the grid model, empty when none is known. profile, pv_profile: the public profiles that a demonstration's site stands on, empty for a real one."""

    id: str
    party_id: str
    area: str
    bus: str
    kind: str
    profile: str
    pv_profile: str


class PageSiteItem(BaseModel):
    """The form Page_SiteItem_."""

    items: list[SiteItem]
    next: str | None


class StatementItem(BaseModel):
    """One site and day. slots_settled of slots: how far it is; closed: the pool's share is in and nothing comes after."""

    site_id: str
    day: date
    slots: int
    slots_settled: int
    closed: bool
    import_wh: int
    export_wh: int
    bought_wh: int
    sold_wh: int
    bought_by_contract_wh: int | None
    bought_through_pool_wh: int | None
    bought_from_utility_wh: int
    sold_by_contract_wh: int | None
    sold_through_pool_wh: int | None
    sold_to_utility_wh: int
    contracted_buy_wh: int
    contracted_sell_wh: int
    total_ujpy: int
    no_trade_ujpy: int | None
    lines: list[LineItem]


class PageStatementItem(BaseModel):
    """The form Page_StatementItem_."""

    items: list[StatementItem]
    next: str | None


class Venue(StrEnum):
    """Where a trade came about: in the slot's own call auction, or before it, each at a price of its own."""

    CALL = "call"
    CONTINUOUS = "continuous"
    DAY_AHEAD = "day_ahead"


class TradeItem(BaseModel):
    """A trade. price: at the seller's meter. market: the slot's call, or one before it."""

    id: str
    slot: int
    market: Venue
    sell_order: str
    buy_order: str
    seller_site: str
    buyer_site: str
    energy_wh: int
    price_mjpy_per_kwh: int


class PageTradeItem(BaseModel):
    """The form Page_TradeItem_."""

    items: list[TradeItem]
    next: str | None


class WaitingItem(BaseModel):
    """A case in the queue. claim: null while nobody has it in hand."""

    case: CaseItem
    claim: ClaimItem | None


class PageWaitingItem(BaseModel):
    """The form Page_WaitingItem_."""

    items: list[WaitingItem]
    next: str | None


class PaperItem(BaseModel):
    """A deal's papers. documents: the SHA-256 of each PDF, by name and language. due_at: without both consents by then there is no contract. cooling_off_days: how long each side may withdraw after the second consent."""

    id: str
    seller_party: str
    buyer_party: str
    documents: dict[str, str]
    due_at: AwareDatetime
    cooling_off_days: int
    acts: list[ActItem]


class PartItem(BaseModel):
    """One part of a score, 0 to 1000, and what it rests on."""

    name: str
    permille: int
    reason: str


class PartyAnswerForm(BaseModel):
    """A party's answer."""

    answer: str


class PartyForm(BaseModel):
    """A person or firm. Of a firm its corporate number, and its number for invoices when it has one."""

    name: str
    role: Role
    corporate_number: str = ""
    invoice_number: str = ""


class PasskeyItem(BaseModel):
    """The id of the passkey that was kept."""

    id: str


class PasswordForm(BaseModel):
    """The new password."""

    password: str


class RecordKind(StrEnum):
    """What a record is: how somebody proved who it is, a firm's numbers, a consent, a document agreed to, a dispute about the party's conduct, what a person ruled on it."""

    EVIDENCE = "evidence"
    ORGANISATION = "organisation"
    CONSENT = "consent"
    AGREEMENT = "agreement"
    DISPUTE = "dispute"
    RULING = "ruling"


class PersonRecordItem(BaseModel):
    """One record. by: the account that wrote it down. body: by kind; of a text its name, version and SHA-256, of evidence its method, level and kind of papers. keep_until: the last day on which the law asks for it."""

    number: int
    kind: RecordKind
    body: dict[str, Any]
    at: AwareDatetime
    by: str
    keep_until: date | None
    withdrawn_at: AwareDatetime | None
    withdrawn_by: str | None


class PersonRecords(BaseModel):
    """All records of a party, the first one first."""

    items: list[PersonRecordItem]


class PlacedItem(BaseModel):
    """What became of an order. left: what rests. prevented: what would have met the member's own orders."""

    order: str
    left_wh: int
    prevented_wh: int
    trades: list[DealItem]


class PlanItem(BaseModel):
    """The slots ahead in which there is something to do. at: when it was asked. lease_s: how long it holds."""

    at: AwareDatetime
    slot_min: int
    lease_s: int
    items: list[MoveItem]


class ProblemItem(BaseModel):
    """What went wrong, after RFC 9457. type: a stable name. faults: all there are, at once."""

    type: str
    title: str
    status: int
    detail: str
    faults: list[FaultItem] | None = None


class RecordItem(BaseModel):
    """What the chain was told: a word of 32 bytes in hex under a key. receipt: its answer, null until then."""

    key: str
    root: str
    receipt: dict[str, Any] | None


class ProofItem(BaseModel):
    """What proves a contract. record: the Merkle root of its slot, null while there is none with this contract. leaf, siblings: 32 bytes in hex each, as OpenZeppelin's StandardMerkleTree over bytes32 has them. approval: the decision on a contract made beside the auction, null for others."""

    digest: str
    leaf: str
    siblings: list[str]
    record: RecordItem | None
    approval: RecordItem | None


class QuestionForm(BaseModel):
    """A question to a party of the case."""

    party_id: str
    question: str


class ReadingHistory(BaseModel):
    """All that was said of one site and slot, revision by revision; a charger's beside the meter's."""

    items: list[ReadingItem]


class RecordNumber(BaseModel):
    """Under which number it is on record."""

    number: int


class RecoveryCodes(BaseModel):
    """New recovery codes, shown this once."""

    recovery_codes: list[str]


class ReputationItem(BaseModel):
    """A score from what is on record, 0 to 1000, and the credit that it carries."""

    party_id: str
    permille: int
    credit_ujpy: int
    parts: list[PartItem]


class RestingItem(BaseModel):
    """A contract that rests on what the meter said."""

    contract: str
    slot: int
    state: str


class RoleForm(BaseModel):
    """Why one more expertise is asked."""

    reason: str


class RolesItem(BaseModel):
    """Whose expertise a case asks for."""

    case_id: str
    roles: list[str]


class RulingForm(BaseModel):
    """What an outside body ruled: how much of the held part goes to the claimant, who ruled, and on what grounds."""

    due_ujpy: int
    body: str
    reason: str


class SealedItem(BaseModel):
    """How many secrets were sealed anew."""

    secrets: int


class SecretForm(BaseModel):
    """The secret, in the clear, this once."""

    secret: str


class SecretItem(BaseModel):
    """What one's authenticator takes, as text and as address of a QR code."""

    login: str
    secret: str
    uri: str


class SecretListed(BaseModel):
    """What may be said of a secret. key_id: the master key it is sealed under. used_at: when it was asked for last."""

    name: str
    version: int
    key_id: str
    set_at: AwareDatetime
    set_by: str
    used_at: AwareDatetime | None


class SecretsListed(BaseModel):
    """All secrets, by name."""

    items: list[SecretListed]


class SessionItem(BaseModel):
    """Who one is here. fresh: whether one may sign. session: its id. csrf: what changes send as X-CSRF-Token."""

    account: str
    party: str
    roles: list[AccountRole]
    fresh: bool
    session: str
    csrf: str


class SignInForm(BaseModel):
    """code: six digits of the authenticator, or a recovery code."""

    login: str
    password: str
    code: str


class SignalItem(BaseModel):
    """A signal's name, and whether it was new."""

    signal: str
    new: bool


class SignalItems(BaseModel):
    """What became of signals, in their order."""

    items: list[SignalItem]


class SignedInItem(BaseModel):
    """A new session. csrf: what changes send as X-CSRF-Token."""

    account: str
    csrf: str


class SlotItem(BaseModel):
    """A cleared slot. price: null when nothing traded. contracts: how many are in each state."""

    slot: int
    start: AwareDatetime
    end: AwareDatetime
    price_mjpy_per_kwh: int | None
    volume_wh: int
    offered_wh: int
    contracts: dict[str, int]


class StopForm(BaseModel):
    """Why trading must stop, and whom to ask."""

    reason: str
    contact: str


class StopKeyForm(BaseModel):
    """Why a key is stopped. since: from when on it may have been in other hands; now, when nothing is said."""

    reason: str
    since: AwareDatetime | None = None


class StoppedItem(BaseModel):
    """What stopping did. case: what an expert is asked. contracts: those that rest on the meter since then, by slot."""

    device: str
    key: str
    case: str
    had_credential: bool
    contracts: list[RestingItem]


class VersionForm(BaseModel):
    """Which version of a text, and its SHA-256."""

    version: str
    sha256: str


class Versions(BaseModel):
    """Every version of a site's mandate, the first one first."""

    items: list[MandateItem]


class WebhookItem(BaseModel):
    """One webhook. state: active, or disabled with ``last_error`` as reason. next: the place of its next event."""

    id: str
    url: str
    kinds: list[EventKind]
    state: str
    made_at: AwareDatetime
    delivered_at: AwareDatetime | None
    failures: int
    due_at: AwareDatetime
    last_error: str | None
    next: str


class WebhookItems(BaseModel):
    """One's own webhooks, by when they were made."""

    items: list[WebhookItem]


class WithdrawnItem(BaseModel):
    """The names of the orders that were taken back."""

    day: date
    withdrawn: list[str]


class WordForm(BaseModel):
    """Why a side says so."""

    reason: str


class Api(Transport):
    """The API of Gridpact: one method an operation. Raises ApiError."""

    def get_parties(self, *, cursor: str | None = None, limit: int | None = None) -> PagePartyItem:
        """The parties one may see, by id."""
        answer: PagePartyItem = self._call(
            "GET", "/api/v1/parties", PagePartyItem, query={"cursor": cursor, "limit": limit}
        )
        return answer

    def get_party(self, party_id: str) -> PartyItem:
        """One party, when it is among those that one may see."""
        answer: PartyItem = self._call("GET", "/api/v1/parties/{party_id}", PartyItem, places={"party_id": party_id})
        return answer

    def put_party(self, party_id: str, body: PartyForm) -> PartyItem:
        """Register a person or firm under an id: 201, 200 when it stands there just so, 409 when another does. It takes an admin with a fresh sign-in."""
        answer: PartyItem = self._call(
            "PUT", "/api/v1/parties/{party_id}", PartyItem, places={"party_id": party_id}, body=(PartyForm, body)
        )
        return answer

    def get_sites(self, *, cursor: str | None = None, limit: int | None = None) -> PageSiteItem:
        """The sites one may see, by id."""
        answer: PageSiteItem = self._call(
            "GET", "/api/v1/sites", PageSiteItem, query={"cursor": cursor, "limit": limit}
        )
        return answer

    def get_site(self, site_id: str) -> SiteItem:
        """One site, when it is among those that one may see."""
        answer: SiteItem = self._call("GET", "/api/v1/sites/{site_id}", SiteItem, places={"site_id": site_id})
        return answer

    def get_devices(
        self, *, site: str | None = None, cursor: str | None = None, limit: int | None = None
    ) -> PageDeviceItem:
        """The devices one may see, by id; with ``site`` those of one site."""
        answer: PageDeviceItem = self._call(
            "GET", "/api/v1/devices", PageDeviceItem, query={"site": site, "cursor": cursor, "limit": limit}
        )
        return answer

    def get_device(self, device_id: str) -> DeviceItem:
        """One device, when it is among those that one may see."""
        answer: DeviceItem = self._call(
            "GET", "/api/v1/devices/{device_id}", DeviceItem, places={"device_id": device_id}
        )
        return answer

    def put_device(self, device_id: str, body: DeviceForm) -> DeviceItem:
        """Register a device under an id: 201, 200 when it stands there just so, 409 when another does. A meter takes an installer with a fresh sign-in."""
        answer: DeviceItem = self._call(
            "PUT", "/api/v1/devices/{device_id}", DeviceItem, places={"device_id": device_id}, body=(DeviceForm, body)
        )
        return answer

    def put_certificate(self, device_id: str, body: CertificateForm) -> DeviceItem:
        """Present a certificate: the device has the facts it names from now on, known before or not."""
        answer: DeviceItem = self._call(
            "PUT",
            "/api/v1/devices/{device_id}/certificate",
            DeviceItem,
            places={"device_id": device_id},
            body=(CertificateForm, body),
        )
        return answer

    def put_device_key(self, device_id: str, body: NextKeyForm) -> DeviceItem:
        """Give a meter its next key, by proof of the one before; without one it takes an installer. Once, however often."""
        answer: DeviceItem = self._call(
            "PUT",
            "/api/v1/devices/{device_id}/key",
            DeviceItem,
            places={"device_id": device_id},
            body=(NextKeyForm, body),
        )
        return answer

    def post_key_stop(self, device_id: str, body: StopKeyForm, *, idempotency_key: str | None = None) -> StoppedItem:
        """Stop all keys of a meter now, and see which contracts rest on it. 409 when they were stopped before."""
        answer: StoppedItem = self._call(
            "POST",
            "/api/v1/devices/{device_id}/key/stop",
            StoppedItem,
            places={"device_id": device_id},
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=(StopKeyForm, body),
        )
        return answer

    def get_mandates(self, *, cursor: str | None = None, limit: int | None = None) -> PageMandateItem:
        """The mandates in force that one may see, by site."""
        answer: PageMandateItem = self._call(
            "GET", "/api/v1/mandates", PageMandateItem, query={"cursor": cursor, "limit": limit}
        )
        return answer

    def get_mandate(self, site_id: str) -> MandateItem:
        """The mandate in force; its ETag is what a change asks for."""
        answer: MandateItem = self._call("GET", "/api/v1/mandates/{site_id}", MandateItem, places={"site_id": site_id})
        return answer

    def put_mandate(self, site_id: str, body: MandateForm, *, if_match: str | None = None) -> MandateItem:
        """Put another mandate into force. ``If-Match`` names the ETag of the one that was read; 412 when another is in force by now. Takes a key with the scope mandate:write, or a fresh sign-in."""
        answer: MandateItem = self._call(
            "PUT",
            "/api/v1/mandates/{site_id}",
            MandateItem,
            places={"site_id": site_id},
            headers={"If-Match": if_match},
            body=(MandateForm, body),
        )
        return answer

    def get_versions(self, site_id: str) -> Versions:
        """Every version; orders of the past were bound by the one then in force."""
        answer: Versions = self._call(
            "GET", "/api/v1/mandates/{site_id}/versions", Versions, places={"site_id": site_id}
        )
        return answer

    def post_readings(self, body: list[dict[str, Any]], *, backfill: bool | None = None) -> IntakeItem:
        """Take readings. 200 when every envelope counted or was known, 207 when some were refused, 409 or 422 when all."""
        answer: IntakeItem = self._call(
            "POST", "/api/v1/readings", IntakeItem, query={"backfill": backfill}, body=(list[dict[str, Any]], body)
        )
        return answer

    def get_readings(
        self,
        *,
        site: str | None = None,
        device: str | None = None,
        quality: Quality | None = None,
        revised: bool | None = None,
        cursor: str | None = None,
        limit: int | None = None,
        from_: date | None = None,
        to: date | None = None,
    ) -> PageReadingItem:
        """The readings one may see, by slot, then site; those that count, or with ``revised`` every revision."""
        answer: PageReadingItem = self._call(
            "GET",
            "/api/v1/readings",
            PageReadingItem,
            query={
                "site": site,
                "device": device,
                "quality": quality,
                "revised": revised,
                "cursor": cursor,
                "limit": limit,
                "from": from_,
                "to": to,
            },
        )
        return answer

    def get_reading(self, site_id: str, slot: int) -> ReadingHistory:
        """Every revision of what was read at a site in a slot, the first one first. 404 when nothing was."""
        answer: ReadingHistory = self._call(
            "GET", "/api/v1/readings/{site_id}/{slot}", ReadingHistory, places={"site_id": site_id, "slot": slot}
        )
        return answer

    def post_setpoints(self, body: dict[str, Any]) -> PlanItem:
        """The slots ahead in which the asking home is to do something. 422 with every reason not to say so."""
        answer: PlanItem = self._call("POST", "/api/v1/setpoints", PlanItem, body=(dict[str, Any], body))
        return answer

    def get_slot(self, slot: int) -> SlotItem:
        """Price, volume and the states of the contracts of one slot. 404 before it was cleared."""
        answer: SlotItem = self._call("GET", "/api/v1/slots/{slot}", SlotItem, places={"slot": slot})
        return answer

    def post_order(self, body: OrderForm, *, idempotency_key: str | None = None) -> PlacedItem:
        """Place an order: 201 with its name, what it traded at once and what rests. 422 with every reason against it."""
        answer: PlacedItem = self._call(
            "POST",
            "/api/v1/orders",
            PlacedItem,
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=(OrderForm, body),
        )
        return answer

    def get_orders(self, *, slot: int) -> OpenOrders:
        """The asking member's own open orders of a slot."""
        answer: OpenOrders = self._call("GET", "/api/v1/orders", OpenOrders, query={"slot": slot})
        return answer

    def patch_order(self, order_id: str, body: AmendForm, *, idempotency_key: str | None = None) -> PlacedItem:
        """Amend an open order; less energy at the same limit keeps its turn."""
        answer: PlacedItem = self._call(
            "PATCH",
            "/api/v1/orders/{order_id}",
            PlacedItem,
            places={"order_id": order_id},
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=(AmendForm, body),
        )
        return answer

    def delete_order(self, order_id: str, *, idempotency_key: str | None = None) -> PlacedItem:
        """Take the open rest of an order out; what it traded stays."""
        answer: PlacedItem = self._call(
            "DELETE",
            "/api/v1/orders/{order_id}",
            PlacedItem,
            places={"order_id": order_id},
            headers={"Idempotency-Key": idempotency_key or new_key()},
        )
        return answer

    def get_book(self, slot: int) -> BookItem:
        """What rests in a slot's book: energy by limit on each side, the best first. Nobody is named."""
        answer: BookItem = self._call("GET", "/api/v1/slots/{slot}/book", BookItem, places={"slot": slot})
        return answer

    def post_day_ahead_orders(
        self, day: date, body: list[DayAheadOrderForm], *, idempotency_key: str | None = None
    ) -> FiledItem:
        """File orders, all or none. 201 also when they were filed before; 422 with every fault, 409 on other content."""
        answer: FiledItem = self._call(
            "POST",
            "/api/v1/day-ahead/{day}/orders",
            FiledItem,
            places={"day": day},
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=(list[DayAheadOrderForm], body),
        )
        return answer

    def get_day_ahead_orders(self, day: date, *, language: str | None = None) -> OutcomesItem:
        """The member's own orders of a day, with what became of them, in words of ``ja`` or ``en``."""
        answer: OutcomesItem = self._call(
            "GET", "/api/v1/day-ahead/{day}/orders", OutcomesItem, places={"day": day}, query={"language": language}
        )
        return answer

    def post_withdrawals(self, day: date, body: list[str], *, idempotency_key: str | None = None) -> WithdrawnItem:
        """Withdraw orders by id, all or none, until the book closes."""
        answer: WithdrawnItem = self._call(
            "POST",
            "/api/v1/day-ahead/{day}/withdrawals",
            WithdrawnItem,
            places={"day": day},
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=(list[str], body),
        )
        return answer

    def get_trades(
        self, *, cursor: str | None = None, limit: int | None = None, slot: int | None = None, day: date | None = None
    ) -> PageTradeItem:
        """The trades one may see, by slot, then id."""
        answer: PageTradeItem = self._call(
            "GET", "/api/v1/trades", PageTradeItem, query={"cursor": cursor, "limit": limit, "slot": slot, "day": day}
        )
        return answer

    def get_trade(self, trade_id: str) -> TradeItem:
        """One trade, when it is among those that one may see."""
        answer: TradeItem = self._call("GET", "/api/v1/trades/{trade_id}", TradeItem, places={"trade_id": trade_id})
        return answer

    def get_contracts(
        self, *, cursor: str | None = None, limit: int | None = None, slot: int | None = None, day: date | None = None
    ) -> PageContractItem:
        """The contracts one may see, by slot, then digest."""
        answer: PageContractItem = self._call(
            "GET",
            "/api/v1/contracts",
            PageContractItem,
            query={"cursor": cursor, "limit": limit, "slot": slot, "day": day},
        )
        return answer

    def get_contract(self, digest: str) -> ContractItem:
        """One contract, when it is among those that one may see."""
        answer: ContractItem = self._call("GET", "/api/v1/contracts/{digest}", ContractItem, places={"digest": digest})
        return answer

    def get_proof(self, digest: str) -> ProofItem:
        """What shows, without trusting us, that the chain holds the contract."""
        answer: ProofItem = self._call("GET", "/api/v1/contracts/{digest}/proof", ProofItem, places={"digest": digest})
        return answer

    def get_statements(
        self,
        *,
        from_: date | None = None,
        to: date | None = None,
        site: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> PageStatementItem:
        """The statements one may see, by day, then site, of up to 366 days."""
        answer: PageStatementItem = self._call(
            "GET",
            "/api/v1/statements",
            PageStatementItem,
            query={"from": from_, "to": to, "site": site, "cursor": cursor, "limit": limit},
        )
        return answer

    def get_statement(self, site_id: str, day: date) -> StatementItem:
        """One statement. 404 before anything of the day was settled."""
        answer: StatementItem = self._call(
            "GET", "/api/v1/statements/{site_id}/{day}", StatementItem, places={"site_id": site_id, "day": day}
        )
        return answer

    def post_signals(self, body: list[dict[str, Any]]) -> SignalItems:
        """Take signed signals in. 201 when one was new, 200 when all were known, 409 on other content, 422 with faults."""
        answer: SignalItems = self._call("POST", "/api/v1/grid/signals", SignalItems, body=(list[dict[str, Any]], body))
        return answer

    def post_stop(self, body: StopForm) -> SignalItem:
        """Hold all new trading until two people resume it. 429 after three of an hour: the alarm has sounded by then."""
        answer: SignalItem = self._call("POST", "/api/v1/grid/stop", SignalItem, body=(StopForm, body))
        return answer

    def get_queue(
        self,
        *,
        role: Expertise | None = None,
        trigger: str | None = None,
        text: str | None = None,
        account_id: str | None = None,
        order: QueueOrder | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> PageWaitingItem:
        """Open cases with who has each in hand, for those who may see every case."""
        answer: PageWaitingItem = self._call(
            "GET",
            "/api/v1/cases/queue",
            PageWaitingItem,
            query={
                "role": role,
                "trigger": trigger,
                "text": text,
                "account_id": account_id,
                "order": order,
                "cursor": cursor,
                "limit": limit,
            },
        )
        return answer

    def get_load(self) -> LoadItem:
        """Open cases, and how many of them each account holds now, for those who may see every case."""
        answer: LoadItem = self._call("GET", "/api/v1/cases/load", LoadItem)
        return answer

    def get_file(self, case_id: str) -> FileItem:
        """Evidence, decisions, questions, amendments and trail of one case."""
        answer: FileItem = self._call("GET", "/api/v1/cases/{case_id}/file", FileItem, places={"case_id": case_id})
        return answer

    def put_claim(self, case_id: str) -> ClaimItem:
        """For half an hour; again prolongs it. 409 while somebody else has it."""
        answer: ClaimItem = self._call("PUT", "/api/v1/cases/{case_id}/claim", ClaimItem, places={"case_id": case_id})
        return answer

    def delete_claim(self, case_id: str) -> None:
        """409 when one does not hold it."""
        self._call("DELETE", "/api/v1/cases/{case_id}/claim", None, places={"case_id": case_id})

    def put_delegation(self, case_id: str, account_id: str) -> ClaimItem:
        """To an account that may work on it; 409 when one does not hold the case."""
        answer: ClaimItem = self._call(
            "PUT",
            "/api/v1/cases/{case_id}/claim/{account_id}",
            ClaimItem,
            places={"case_id": case_id, "account_id": account_id},
        )
        return answer

    def post_question(self, case_id: str, body: QuestionForm) -> QuestionItem:
        """The deadline stays where it is."""
        answer: QuestionItem = self._call(
            "POST",
            "/api/v1/cases/{case_id}/questions",
            QuestionItem,
            places={"case_id": case_id},
            body=(QuestionForm, body),
        )
        return answer

    def put_answer(self, case_id: str, number: int, body: PartyAnswerForm) -> CaseEvidenceItem:
        """For one's own party, once. It becomes evidence as long as nobody has decided."""
        answer: CaseEvidenceItem = self._call(
            "PUT",
            "/api/v1/cases/{case_id}/questions/{number}/answer",
            CaseEvidenceItem,
            places={"case_id": case_id, "number": number},
            body=(PartyAnswerForm, body),
        )
        return answer

    def put_role(self, case_id: str, role: Expertise, body: RoleForm) -> RolesItem:
        """It must then agree, too."""
        answer: RolesItem = self._call(
            "PUT",
            "/api/v1/cases/{case_id}/roles/{role}",
            RolesItem,
            places={"case_id": case_id, "role": role},
            body=(RoleForm, body),
        )
        return answer

    def post_amendment(self, case_id: str, body: AmendmentForm) -> AmendmentItem:
        """They count when both parties consent, and are then judged by all rules anew."""
        answer: AmendmentItem = self._call(
            "POST",
            "/api/v1/cases/{case_id}/amendments",
            AmendmentItem,
            places={"case_id": case_id},
            body=(AmendmentForm, body),
        )
        return answer

    def put_amendment_consent(self, case_id: str, amendment_id: str) -> AmendmentItem:
        """For one's own party, by somebody who signed in a moment ago."""
        answer: AmendmentItem = self._call(
            "PUT",
            "/api/v1/cases/{case_id}/amendments/{amendment_id}/consent",
            AmendmentItem,
            places={"case_id": case_id, "amendment_id": amendment_id},
        )
        return answer

    def get_cases(
        self, *, state: CaseState | None = None, cursor: str | None = None, limit: int | None = None
    ) -> PageCaseItem:
        """Cases one may see, by id."""
        answer: PageCaseItem = self._call(
            "GET", "/api/v1/cases", PageCaseItem, query={"state": state, "cursor": cursor, "limit": limit}
        )
        return answer

    def post_decision(self, case_id: str, body: DecisionForm) -> DecisionItem:
        """Write one decision down. 409 when the stage is taken or the case closed, 403 without the asked expertise, 412 when other evidence was shown."""
        answer: DecisionItem = self._call(
            "POST",
            "/api/v1/cases/{case_id}/decisions",
            DecisionItem,
            places={"case_id": case_id},
            body=(DecisionForm, body),
        )
        return answer

    def get_events(self, *, after: str | None = None, limit: int | None = None) -> EventItems:
        """What happened behind a place, as far as one may see it, oldest first. A page may be empty with more to come."""
        answer: EventItems = self._call("GET", "/api/v1/events", EventItems, query={"after": after, "limit": limit})
        return answer

    def get_webhooks(self) -> WebhookItems:
        """One's own webhooks and how they fare."""
        answer: WebhookItems = self._call("GET", "/api/v1/webhooks", WebhookItems)
        return answer

    def post_webhook(self, body: NewWebhookForm) -> NewWebhook:
        """Send what happens from now on to an address. The secret is shown this once. 409 over ten of one account."""
        answer: NewWebhook = self._call("POST", "/api/v1/webhooks", NewWebhook, body=(NewWebhookForm, body))
        return answer

    def delete_webhook(self, webhook_id: str) -> None:
        """End a webhook of one's own."""
        self._call("DELETE", "/api/v1/webhooks/{webhook_id}", None, places={"webhook_id": webhook_id})

    def post_enable(self, webhook_id: str) -> WebhookItem:
        """Try a webhook again now, from the first event that was not taken."""
        answer: WebhookItem = self._call(
            "POST", "/api/v1/webhooks/{webhook_id}/enable", WebhookItem, places={"webhook_id": webhook_id}
        )
        return answer

    def post_sign_in(self, body: SignInForm) -> SignedInItem:
        """Sign in by password and code. 401 when they do not fit together, 429 after too many tries."""
        answer: SignedInItem = self._call("POST", "/api/v1/auth/sign-in", SignedInItem, body=(SignInForm, body))
        return answer

    def post_sign_out(self) -> None:
        """End this session."""
        self._call("POST", "/api/v1/auth/sign-out", None)

    def get_session(self) -> SessionItem:
        """Who one is here, whether one may sign, and the token that changes need."""
        answer: SessionItem = self._call("GET", "/api/v1/auth/session", SessionItem)
        return answer

    def get_sessions(self) -> OpenSessions:
        """One's own sessions, the newest first."""
        answer: OpenSessions = self._call("GET", "/api/v1/auth/sessions", OpenSessions)
        return answer

    def delete_session(self, session_id: str) -> None:
        """End one of one's own sessions; it may be this one. 404 when it is no session of one's own."""
        self._call("DELETE", "/api/v1/auth/sessions/{session_id}", None, places={"session_id": session_id})

    def post_invitation(self, body: InviteForm) -> InvitationItem:
        """Invite somebody. The invitation is shown this once; hand it over by a way that only they read. Roles that decide about others wait until another admin confirms them; so do those of an account that is invited again."""
        answer: InvitationItem = self._call("POST", "/api/v1/auth/invitations", InvitationItem, body=(InviteForm, body))
        return answer

    def post_role_confirmation(self, account: str, role: AccountRole) -> None:
        """Let a role count that another admin gave. 409 when there is no such account or the role does not wait."""
        self._call(
            "POST",
            "/api/v1/auth/accounts/{account}/roles/{role}/confirmation",
            None,
            places={"account": account, "role": role},
        )

    def post_see_invitation(self, body: InvitationForm) -> SecretItem:
        """The secret for one's authenticator. The invitation stays good."""
        answer: SecretItem = self._call("POST", "/api/v1/auth/invitations/see", SecretItem, body=(InvitationForm, body))
        return answer

    def post_accept_invitation(self, body: AcceptForm) -> AcceptedItem:
        """Set password and authenticator, and be signed in. The recovery codes are shown this once."""
        answer: AcceptedItem = self._call(
            "POST", "/api/v1/auth/invitations/accept", AcceptedItem, body=(AcceptForm, body)
        )
        return answer

    def post_password(self, body: PasswordForm) -> None:
        """Change one's password; every session ends, this one too. Takes a fresh sign-in."""
        self._call("POST", "/api/v1/auth/password", None, body=(PasswordForm, body))

    def post_recovery_codes(self) -> RecoveryCodes:
        """New recovery codes, shown this once; the earlier ones are good no more. Takes a fresh sign-in."""
        answer: RecoveryCodes = self._call("POST", "/api/v1/auth/recovery-codes", RecoveryCodes)
        return answer

    def post_passkey_options(self) -> dict[str, Any]:
        """What ``navigator.credentials.create`` needs. Takes a fresh sign-in."""
        answer: dict[str, Any] = self._call("POST", "/api/v1/auth/passkeys/options", dict[str, Any])
        return answer

    def post_passkey(self, body: NewPasskeyForm) -> PasskeyItem:
        """Keep a passkey that was just made. Takes a fresh sign-in."""
        answer: PasskeyItem = self._call("POST", "/api/v1/auth/passkeys", PasskeyItem, body=(NewPasskeyForm, body))
        return answer

    def post_passkey_sign_in_options(self) -> dict[str, Any]:
        """What ``navigator.credentials.get`` needs."""
        answer: dict[str, Any] = self._call("POST", "/api/v1/auth/passkeys/sign-in/options", dict[str, Any])
        return answer

    def post_passkey_sign_in(self, body: AnswerForm) -> SignedInItem:
        """Sign in by passkey. 401 when the answer does not hold."""
        answer: SignedInItem = self._call(
            "POST", "/api/v1/auth/passkeys/sign-in", SignedInItem, body=(AnswerForm, body)
        )
        return answer

    def get_keys(self) -> KeyItems:
        """One's own keys, without what opens anything."""
        answer: KeyItems = self._call("GET", "/api/v1/auth/keys", KeyItems)
        return answer

    def post_key(self, body: KeyForm) -> NewKey:
        """Make a key; it is shown this once. Takes a fresh sign-in."""
        answer: NewKey = self._call("POST", "/api/v1/auth/keys", NewKey, body=(KeyForm, body))
        return answer

    def delete_key(self, key_id: str) -> None:
        """Revoke one of one's own keys; no fresh sign-in is asked for, because it may be urgent. 404 for any other."""
        self._call("DELETE", "/api/v1/auth/keys/{key_id}", None, places={"key_id": key_id})

    def get_grants(self) -> Grants:
        """One's own grants that nobody ended, the newest first."""
        answer: Grants = self._call("GET", "/api/v1/auth/grants", Grants)
        return answer

    def delete_grant(self, grant_id: str) -> None:
        """Take a grant back; no fresh sign-in is asked for, because it may be urgent. 422 for any other."""
        self._call("DELETE", "/api/v1/auth/grants/{grant_id}", None, places={"grant_id": grant_id})

    def get_records(self, party_id: str) -> PersonRecords:
        """Evidence, consents and agreements; none for a party that there is not."""
        answer: PersonRecords = self._call(
            "GET", "/api/v1/parties/{party_id}/records", PersonRecords, places={"party_id": party_id}
        )
        return answer

    def get_challenge(self, party_id: str) -> ChallengeItem:
        """What one signs today with a personal certificate, to prove who one is."""
        answer: ChallengeItem = self._call(
            "GET", "/api/v1/parties/{party_id}/challenge", ChallengeItem, places={"party_id": party_id}
        )
        return answer

    def post_evidence(self, party_id: str, body: EvidenceForm, *, idempotency_key: str | None = None) -> EvidenceItem:
        """Keep what a proof shows. Of papers an admin says that they were seen, freshly signed in; a signature is one's own. 409 when another party proved itself with the same."""
        answer: EvidenceItem = self._call(
            "POST",
            "/api/v1/parties/{party_id}/evidence",
            EvidenceItem,
            places={"party_id": party_id},
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=(EvidenceForm, body),
        )
        return answer

    def put_consent(self, party_id: str, name: str, body: VersionForm) -> RecordNumber:
        """Consent to a version of a text, freshly signed in; the same again is the same record."""
        answer: RecordNumber = self._call(
            "PUT",
            "/api/v1/parties/{party_id}/consents/{name}",
            RecordNumber,
            places={"party_id": party_id, "name": name},
            body=(VersionForm, body),
        )
        return answer

    def delete_consent(self, party_id: str, name: str) -> None:
        """Withdraw one's consent to all versions of a text. 404 when none stands."""
        self._call(
            "DELETE", "/api/v1/parties/{party_id}/consents/{name}", None, places={"party_id": party_id, "name": name}
        )

    def post_agreement(self, party_id: str, body: DocumentForm, *, idempotency_key: str | None = None) -> RecordNumber:
        """Agree, freshly signed in; it is kept as long as the law asks for it and cannot be withdrawn."""
        answer: RecordNumber = self._call(
            "POST",
            "/api/v1/parties/{party_id}/agreements",
            RecordNumber,
            places={"party_id": party_id},
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=(DocumentForm, body),
        )
        return answer

    def get_export(self, party_id: str) -> ExportItem:
        """Every row about the own party, freshly signed in; that it was asked for stands in the journal."""
        answer: ExportItem = self._call(
            "GET", "/api/v1/parties/{party_id}/export", ExportItem, places={"party_id": party_id}
        )
        return answer

    def post_erasure(self, party_id: str, body: ErasureForm, *, idempotency_key: str | None = None) -> ErasureItem:
        """One person's word; with the second, of somebody else in the other role, the data are erased."""
        answer: ErasureItem = self._call(
            "POST",
            "/api/v1/parties/{party_id}/erasure",
            ErasureItem,
            places={"party_id": party_id},
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=(ErasureForm, body),
        )
        return answer

    def get_reputation(self, party_id: str) -> ReputationItem:
        """The score of a party whose homes one may see. 404 when it has no site, and so no conduct on record."""
        answer: ReputationItem = self._call(
            "GET", "/api/v1/parties/{party_id}/reputation", ReputationItem, places={"party_id": party_id}
        )
        return answer

    def post_contest(self, party_id: str, body: ContestForm, *, idempotency_key: str | None = None) -> ContestItem:
        """Say what is wrong with the own score; the part counts again only when a mediator rules that it does."""
        answer: ContestItem = self._call(
            "POST",
            "/api/v1/parties/{party_id}/reputation/contests",
            ContestItem,
            places={"party_id": party_id},
            headers={"Idempotency-Key": idempotency_key or new_key()},
            body=(ContestForm, body),
        )
        return answer

    def get_disputes(self, *, cursor: str | None = None, limit: int | None = None) -> PageDisputeItem:
        """By id: one's own party's, or all for those who may see all."""
        answer: PageDisputeItem = self._call(
            "GET", "/api/v1/disputes", PageDisputeItem, query={"cursor": cursor, "limit": limit}
        )
        return answer

    def post_dispute(self, body: DisputeForm) -> DisputeItem:
        """Only the disputed part is held. 409 when the money in question does not carry it."""
        answer: DisputeItem = self._call("POST", "/api/v1/disputes", DisputeItem, body=(DisputeForm, body))
        return answer

    def get_dispute(self, dispute_id: str) -> DisputeFileItem:
        """With its evidence and what was said."""
        answer: DisputeFileItem = self._call(
            "GET", "/api/v1/disputes/{dispute_id}", DisputeFileItem, places={"dispute_id": dispute_id}
        )
        return answer

    def put_dispute_answer(self, dispute_id: str, word: DisputeWord, body: WordForm) -> DisputeActItem:
        """Accept or refuse an offer or a claim, ask for a review, withdraw. 409 when that is not asked now."""
        answer: DisputeActItem = self._call(
            "PUT",
            "/api/v1/disputes/{dispute_id}/answers/{word}",
            DisputeActItem,
            places={"dispute_id": dispute_id, "word": word},
            body=(WordForm, body),
        )
        return answer

    def put_ruling(self, dispute_id: str, body: RulingForm) -> DisputeActItem:
        """By a mediator or lawyer on neither side. 409 before the dispute was taken outside."""
        answer: DisputeActItem = self._call(
            "PUT",
            "/api/v1/disputes/{dispute_id}/ruling",
            DisputeActItem,
            places={"dispute_id": dispute_id},
            body=(RulingForm, body),
        )
        return answer

    def get_contract_document(self, digest: str, *, language: Literal["ja", "en"] | None = None) -> bytes:
        """The words a contract stands for, as PDF: its own papers, or the master terms of its batch."""
        answer: bytes = self._call(
            "GET",
            "/api/v1/contracts/{digest}/document.pdf",
            bytes,
            places={"digest": digest},
            query={"language": language},
        )
        return answer

    def get_paper(self, deal: str) -> PaperItem:
        """What is drawn up of a deal, and what both sides did with it."""
        answer: PaperItem = self._call("GET", "/api/v1/papers/{deal}", PaperItem, places={"deal": deal})
        return answer

    def get_deal_contract(self, deal: str, *, language: Literal["ja", "en"] | None = None) -> bytes:
        """The contract as it was delivered, as PDF."""
        answer: bytes = self._call(
            "GET", "/api/v1/papers/{deal}/contract.pdf", bytes, places={"deal": deal}, query={"language": language}
        )
        return answer

    def get_explanation(self, deal: str, *, language: Literal["ja", "en"] | None = None) -> bytes:
        """The explanation before the contract, as PDF. That a side opened it is noted: before that it cannot consent."""
        answer: bytes = self._call(
            "GET", "/api/v1/papers/{deal}/explanation.pdf", bytes, places={"deal": deal}, query={"language": language}
        )
        return answer

    def post_consent(self, deal: str) -> PaperItem:
        """A side consents, itself: no agent and no program of others can. The same again changes nothing."""
        answer: PaperItem = self._call("POST", "/api/v1/papers/{deal}/consents", PaperItem, places={"deal": deal})
        return answer

    def post_withdrawal(self, deal: str) -> PaperItem:
        """A side withdraws within the cooling-off time, without a reason. The same again changes nothing."""
        answer: PaperItem = self._call("POST", "/api/v1/papers/{deal}/withdrawals", PaperItem, places={"deal": deal})
        return answer

    def get_secrets(self) -> SecretsListed:
        """What there is, when it was set and used; never a secret."""
        answer: SecretsListed = self._call("GET", "/api/v1/vault", SecretsListed)
        return answer

    def get_secret(self, name: str) -> SecretListed:
        """One of them; its ETag is what a change asks for."""
        answer: SecretListed = self._call("GET", "/api/v1/vault/{name}", SecretListed, places={"name": name})
        return answer

    def put_secret(self, name: str, body: SecretForm, *, if_match: str | None = None) -> SecretListed:
        """Set a new secret (``If-None-Match: *``), or another in place of the one whose tag ``If-Match`` names."""
        answer: SecretListed = self._call(
            "PUT",
            "/api/v1/vault/{name}",
            SecretListed,
            places={"name": name},
            headers={"If-Match": if_match},
            body=(SecretForm, body),
        )
        return answer

    def post_rotation(self) -> SealedItem:
        """A new master key, under which every secret is sealed anew."""
        answer: SealedItem = self._call("POST", "/api/v1/vault/rotation", SealedItem)
        return answer

    def get_area_energy(
        self,
        area: str,
        *,
        cursor: str | None = None,
        limit: int | None = None,
        from_: date | None = None,
        to: date | None = None,
    ) -> PageAreaEnergyItem:
        """The values that count, by slot, then kind, of up to 31 days; none when nothing was imported."""
        answer: PageAreaEnergyItem = self._call(
            "GET",
            "/api/v1/areas/{area}/energy",
            PageAreaEnergyItem,
            places={"area": area},
            query={"cursor": cursor, "limit": limit, "from": from_, "to": to},
        )
        return answer

    def get_bill(self, party_id: str, month: str) -> BillItem:
        """A person's month. 404 before anything of it was settled; 409 names a rule value that stops the bill."""
        answer: BillItem = self._call(
            "GET", "/api/v1/bills/{party_id}/{month}", BillItem, places={"party_id": party_id, "month": month}
        )
        return answer

    def get_bill_document(self, party_id: str, month: str, *, language: Literal["ja", "en"] | None = None) -> bytes:
        """The same on paper, with the proof of each trade."""
        answer: bytes = self._call(
            "GET",
            "/api/v1/bills/{party_id}/{month}/document.pdf",
            bytes,
            places={"party_id": party_id, "month": month},
            query={"language": language},
        )
        return answer

    def get_bill_lines(self, party_id: str, month: str) -> str:
        """One row for each line, then the totals; the column of values adds up."""
        answer: str = self._call(
            "GET", "/api/v1/bills/{party_id}/{month}/lines.csv", str, places={"party_id": party_id, "month": month}
        )
        return answer

    def health(self) -> Health:
        """Whether the program and its database answer. Raises DatabaseDown, which becomes 503."""
        answer: Health = self._call("GET", "/healthz", Health)
        return answer
