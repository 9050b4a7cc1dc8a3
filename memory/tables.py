"""Every table, in one place. PostgreSQL is the only dialect.

Ids are text that sorts by bytes (collation C), so that the order of rows is the same on every server. Energy is whole
Wh, prices whole mJPY/kWh, money whole micro-yen, all bigint; moments carry their time zone. Migrations create what
stands here, and a test compares the two.
"""

from sqlalchemy import Column, Date, Float, Index, Integer, PrimaryKeyConstraint, Table, text

from memory.access import oauth_tables as oauth_tables
from memory.access.account_tables import account_role as account_role
from memory.access.account_tables import api_key as api_key
from memory.access.account_tables import attempt as attempt
from memory.access.account_tables import challenge as challenge
from memory.access.account_tables import one_time_secret as one_time_secret
from memory.access.account_tables import passkey as passkey
from memory.access.account_tables import password as password
from memory.access.account_tables import recovery_code as recovery_code
from memory.access.account_tables import session as session
from memory.access.account_tables import spent as spent
from memory.access.account_tables import user_account as user_account
from memory.books import payment_tables as payment_tables
from memory.casework.case_tables import case_file as case_file
from memory.casework.case_tables import decision as decision
from memory.casework.case_tables import dispute as dispute
from memory.casework.case_tables import dispute_act as dispute_act
from memory.devices.columns import METADATA as METADATA
from memory.devices.columns import bytes_column as _bytes
from memory.devices.columns import json_column as _json
from memory.devices.columns import moment_column as _moment
from memory.devices.columns import text_column as _text
from memory.devices.columns import whole_column as _whole
from memory.devices.columns import yes_no_column as _yes_no
from memory.devices.device_tables import certificate_issuer as certificate_issuer
from memory.devices.device_tables import device_certificate as device_certificate
from memory.devices.device_tables import retired_key as retired_key
from memory.devices.device_tables import status_list as status_list
from memory.devices.device_tables import vault_secret as vault_secret
from memory.events.webhook_tables import webhook as webhook
from memory.grid import grid_tables as grid_tables
from memory.members.person_tables import erasure as erasure
from memory.members.person_tables import licence as licence
from memory.members.person_tables import party as party
from memory.members.person_tables import person_record as person_record
from memory.trading import paper_tables as paper_tables
from memory.trading.order_tables import day_ahead_order as day_ahead_order
from memory.trading.order_tables import day_ahead_result as day_ahead_result
from memory.trading.order_tables import day_ahead_session as day_ahead_session
from memory.trading.order_tables import order_command as order_command
from memory.trading.order_tables import orders as orders
from memory.trading.policy_tables import policy_activation as policy_activation
from memory.trading.policy_tables import policy_approval as policy_approval
from memory.trading.policy_tables import policy_version as policy_version
from memory.trading.policy_tables import rule_decision as rule_decision
from memory.trading.price_tables import area_energy as area_energy
from memory.trading.price_tables import market_price as market_price

world = Table("world", METADATA, _text("key", key=True), _json("value"))

site = Table(
    "site",
    METADATA,
    _text("id", key=True),
    _text("party_id"),
    _text("area"),
    _text("bus"),
    _text("kind"),
    _text("profile"),
    _text("pv_profile"),
    Index(None, "party_id"),
)
device = Table(
    "device",
    METADATA,
    _text("id", key=True),
    _text("site_id"),
    _text("kind"),
    _whole("power_w"),
    _whole("capacity_wh"),
    _whole("efficiency_permille"),
    _text("certification"),
    _bytes("public_key"),
    _yes_no("feeds_home"),
    _whole("departure_min"),
    _whole("asked_wh"),
    Index(None, "site_id"),
)
mandate = Table(
    "mandate",
    METADATA,
    _text("site_id", key=True),
    _whole("version", key=True),
    _whole("sell_min_mjpy_per_kwh"),
    _whole("buy_max_mjpy_per_kwh"),
    _whole("reserve_wh"),
    _whole("order_max_wh"),
    _yes_no("active"),
    _text("partner_site"),
    _text("source", nullable=True),
    _yes_no("local_first"),
    _whole("premium_max_mjpy_per_kwh"),
    _whole("spend_max_ujpy_per_day", nullable=True),
    _whole("trade_max_wh_per_day", nullable=True),
    Column("valid_until", Date, nullable=True),
    _text("stop_word_hash"),
)
mqtt_credential = Table(
    "mqtt_credential",
    METADATA,
    _text("kind", key=True),
    _text("subject", key=True),
    _text("password_hash"),
    _moment("at"),
    _yes_no("may_resume"),
    _whole("reserve_wh_min"),
    _whole("reserve_wh_max"),
)
charger_sample = Table(
    "charger_sample",
    METADATA,
    _text("device_id", key=True),
    _whole("connector", key=True),
    _moment("at", key=True),
    _whole("register_wh"),
    _whole("stored_percent"),
)
charger_transaction = Table(
    "charger_transaction",
    METADATA,
    _text("device_id", key=True),
    _text("reference", key=True),
    _whole("number"),
    _whole("connector"),
)
grants = Table("grants", METADATA, _text("actor", key=True), _text("action", key=True))

envelope = Table(
    "envelope",
    METADATA,
    _text("id", key=True),
    _text("device_id"),
    _text("key_id"),
    _whole("boot"),
    _whole("counter_first"),
    _whole("counter_last"),
    _moment("created_at"),
    _text("audience"),
    _bytes("payload"),
    _bytes("signature"),
    _moment("received_at"),
)
reading = Table(
    "reading",
    METADATA,
    _text("device_id"),
    _whole("boot"),
    _whole("counter"),
    _text("site_id"),
    _whole("slot"),
    _whole("import_wh"),
    _whole("export_wh"),
    _whole("generation_wh"),
    _whole("charge_wh"),
    _whole("discharge_wh"),
    _whole("stored_wh"),
    _text("quality"),
    _text("envelope_id"),
    _whole("vehicle_charge_wh"),
    _whole("vehicle_discharge_wh"),
    _whole("vehicle_stored_wh"),
    PrimaryKeyConstraint("device_id", "boot", "counter", "slot"),
    Index(None, "slot", postgresql_using="brin"),
    postgresql_partition_by="RANGE (slot)",
)
alarm = Table(
    "alarm",
    METADATA,
    _text("id", key=True),
    _moment("at"),
    _text("kind"),
    _text("subject"),
    _json("body"),
)

step = Table("step", METADATA, _text("thread", key=True), _text("node", key=True), _json("output"), _moment("at"))
stage_time = Table(
    "stage_time",
    METADATA,
    _text("thread", key=True),
    _text("node", key=True),
    Column("seconds", Float(53), nullable=False),
)
journal = Table(
    "journal",
    METADATA,
    _whole("seq", key=True),
    _moment("at"),
    _text("actor"),
    _text("kind"),
    _text("subject"),
    _text("body"),
    _text("prev_hash"),
    _text("hash"),
    _bytes("signature"),
    Index(None, "kind", "subject"),
)
journal_head = Table(
    "journal_head", METADATA, _yes_no("single"), _whole("seq"), _text("hash"), PrimaryKeyConstraint("single")
)
effect = Table(
    "effect",
    METADATA,
    _text("key", key=True),
    _text("topic"),
    _json("body"),
    _moment("owed_at"),
    _text("state"),
    Column("attempts", Integer, nullable=False),
    _text("last_error", nullable=True),
    _json("receipt", nullable=True),
    Index(None, "state", "owed_at"),
)

forecast = Table(
    "forecast",
    METADATA,
    _whole("slot", key=True),
    _text("site_id", key=True),
    _whole("load_p10"),
    _whole("load_p50"),
    _whole("load_p90"),
    _whole("load_mean"),
    _whole("pv_p10"),
    _whole("pv_p50"),
    _whole("pv_p90"),
    _whole("pv_mean"),
    _whole("baseline_p10"),
    _whole("baseline_p50"),
    _whole("baseline_p90"),
)
clearing = Table(
    "clearing",
    METADATA,
    _whole("slot", key=True),
    _whole("price_mjpy_per_kwh", nullable=True),
    _whole("volume_wh"),
    _whole("welfare_ujpy"),
    _whole("offered_wh"),
    _json("detail"),
)
trade = Table(
    "trade",
    METADATA,
    _text("id", key=True),
    _whole("slot"),
    _text("sell_order"),
    _text("buy_order"),
    _text("seller_site"),
    _text("buyer_site"),
    _whole("energy_wh"),
    _whole("price_mjpy_per_kwh"),
    _text("market"),
    Index(None, "slot"),
    Index(None, "seller_site", "slot"),
    Index(None, "buyer_site", "slot"),
)
proposal = Table(
    "proposal",
    METADATA,
    _text("id", key=True),
    _whole("filed_slot"),
    _json("body"),
    _text("planted", nullable=True),
    _text("state"),
    Index(None, "filed_slot"),
)
negotiation = Table(
    "negotiation",
    METADATA,
    _text("id", key=True),
    _whole("slot"),
    _text("seller_site"),
    _text("buyer_site"),
    _json("agenda"),
    _json("transcript"),
    _json("sheet"),
    _text("digest"),
    _text("proposal_id", nullable=True),
)
contract = Table(
    "contract",
    METADATA,
    _text("digest", key=True),
    _whole("slot"),
    _text("trade_id", nullable=True),
    _text("proposal_id", nullable=True),
    _text("seller_site"),
    _text("buyer_site"),
    _whole("energy_wh"),
    _whole("price_mjpy_per_kwh"),
    _yes_no("standard"),
    _text("state"),
    _json("terms"),
    _whole("delivered_wh", nullable=True),
    _whole("kept_wh", nullable=True),
    Index(None, "slot"),
    Index(None, "seller_site", "slot"),
    Index(None, "buyer_site", "slot"),
)
account = Table(
    "account",
    METADATA,
    _text("id", key=True),
    _text("unit"),
    _text("balance_limit"),
    _whole("booking"),
)
balance = Table(
    "balance",
    METADATA,
    _text("id", key=True),
    _whole("debits_posted"),
    _whole("credits_posted"),
    _whole("debits_pending"),
    _whole("credits_pending"),
)
transfer = Table(
    "transfer",
    METADATA,
    _text("id", key=True),
    _whole("slot"),
    _text("debit"),
    _text("credit"),
    _whole("amount"),
    _text("kind"),
    _text("state"),
    _text("pending_id", nullable=True),
    _text("unit"),
    _whole("expires_at_s"),
    _whole("at_s"),
    _whole("place"),
    Index(None, "pending_id", unique=True, postgresql_where=text("pending_id IS NOT NULL")),
    Index(None, "slot", postgresql_using="brin"),
    Index(None, "debit", "slot"),
    Index(None, "credit", "slot"),
)
booking = Table("booking", METADATA, _whole("seq", key=True), _whole("last_place"), _text("hash"))
ledger_head = Table(
    "ledger_head",
    METADATA,
    _yes_no("single"),
    _whole("seq"),
    _whole("last_place"),
    _text("hash"),
    PrimaryKeyConstraint("single"),
)
settlement = Table(
    "settlement",
    METADATA,
    _whole("slot", key=True),
    _text("site_id", key=True),
    _whole("contracted_sell_wh"),
    _whole("contracted_buy_wh"),
    _whole("import_wh"),
    _whole("export_wh"),
    _whole("sold_wh"),
    _whole("bought_wh"),
    _whole("net_ujpy"),
    _whole("no_trade_ujpy", nullable=True),
    _whole("own_sold_wh", nullable=True),
    _whole("own_bought_wh", nullable=True),
    Index(None, "site_id", "slot"),
)
setpoint = Table(
    "setpoint",
    METADATA,
    _whole("slot", key=True),
    _text("site_id", key=True),
    _text("device", key=True),
    _whole("charge_wh"),
    _whole("discharge_wh"),
)
chain_record = Table(
    "chain_record", METADATA, _text("key", key=True), _text("root"), _json("leaves"), _json("receipt", nullable=True)
)
