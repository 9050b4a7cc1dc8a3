"""The first tables. Frozen: later changes come as later versions, this one is never edited.

Tables of the audit trail refuse UPDATE and DELETE in the database itself, so that no program can forget a record.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

AUDIT_TABLES = ("envelope", "reading", "journal", "decision", "transfer")

TABLES = """
CREATE TABLE world (
    key TEXT COLLATE "C" NOT NULL, value JSONB NOT NULL, CONSTRAINT world_pkey PRIMARY KEY (key)
);
CREATE TABLE party (
    id TEXT COLLATE "C" NOT NULL, name TEXT COLLATE "C" NOT NULL, role TEXT COLLATE "C" NOT NULL, expertise TEXT
    COLLATE "C", CONSTRAINT party_pkey PRIMARY KEY (id)
);
CREATE TABLE licence (
    holder_id TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, number TEXT COLLATE "C" NOT NULL,
    registered_name TEXT COLLATE "C" NOT NULL, valid_to DATE NOT NULL, CONSTRAINT licence_pkey PRIMARY KEY
    (holder_id, kind, number)
);
CREATE TABLE site (
    id TEXT COLLATE "C" NOT NULL, party_id TEXT COLLATE "C" NOT NULL, area TEXT COLLATE "C" NOT NULL, bus TEXT
    COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, profile TEXT COLLATE "C" NOT NULL, pv_profile TEXT COLLATE
    "C" NOT NULL, CONSTRAINT site_pkey PRIMARY KEY (id)
);
CREATE TABLE device (
    id TEXT COLLATE "C" NOT NULL, site_id TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, power_w BIGINT
    NOT NULL, capacity_wh BIGINT NOT NULL, efficiency_permille BIGINT NOT NULL, certification TEXT COLLATE "C" NOT
    NULL, public_key BYTEA NOT NULL, CONSTRAINT device_pkey PRIMARY KEY (id)
);
CREATE TABLE mandate (
    site_id TEXT COLLATE "C" NOT NULL, version BIGINT NOT NULL, sell_min_mjpy_per_kwh BIGINT NOT NULL,
    buy_max_mjpy_per_kwh BIGINT NOT NULL, reserve_wh BIGINT NOT NULL, order_max_wh BIGINT NOT NULL, active BOOLEAN
    NOT NULL, CONSTRAINT mandate_pkey PRIMARY KEY (site_id, version)
);
CREATE TABLE grants (
    actor TEXT COLLATE "C" NOT NULL, action TEXT COLLATE "C" NOT NULL, CONSTRAINT grants_pkey PRIMARY KEY (actor,
    action)
);
CREATE TABLE envelope (
    id TEXT COLLATE "C" NOT NULL, device_id TEXT COLLATE "C" NOT NULL, key_id TEXT COLLATE "C" NOT NULL, boot BIGINT
    NOT NULL, counter_first BIGINT NOT NULL, counter_last BIGINT NOT NULL, created_at TIMESTAMP WITH TIME ZONE NOT
    NULL, audience TEXT COLLATE "C" NOT NULL, payload BYTEA NOT NULL, signature BYTEA NOT NULL, received_at
    TIMESTAMP WITH TIME ZONE NOT NULL, CONSTRAINT envelope_pkey PRIMARY KEY (id)
);
CREATE TABLE reading (
    device_id TEXT COLLATE "C" NOT NULL, boot BIGINT NOT NULL, counter BIGINT NOT NULL, site_id TEXT COLLATE "C" NOT
    NULL, slot BIGINT NOT NULL, import_wh BIGINT NOT NULL, export_wh BIGINT NOT NULL, generation_wh BIGINT NOT NULL,
    charge_wh BIGINT NOT NULL, discharge_wh BIGINT NOT NULL, stored_wh BIGINT NOT NULL, quality TEXT COLLATE "C" NOT
    NULL, envelope_id TEXT COLLATE "C" NOT NULL, CONSTRAINT reading_pkey PRIMARY KEY (device_id, boot, counter)
);
CREATE INDEX reading_slot_idx ON reading (slot);
CREATE TABLE alarm (
    id TEXT COLLATE "C" NOT NULL, at TIMESTAMP WITH TIME ZONE NOT NULL, kind TEXT COLLATE "C" NOT NULL, subject TEXT
    COLLATE "C" NOT NULL, body JSONB NOT NULL, CONSTRAINT alarm_pkey PRIMARY KEY (id)
);
CREATE TABLE market_price (
    slot BIGINT NOT NULL, kind TEXT COLLATE "C" NOT NULL, area TEXT COLLATE "C" NOT NULL, mjpy_per_kwh BIGINT NOT
    NULL, source TEXT COLLATE "C" NOT NULL, CONSTRAINT market_price_pkey PRIMARY KEY (slot, kind, area)
);
CREATE TABLE step (
    thread TEXT COLLATE "C" NOT NULL, node TEXT COLLATE "C" NOT NULL, output JSONB NOT NULL, at TIMESTAMP WITH TIME
    ZONE NOT NULL, CONSTRAINT step_pkey PRIMARY KEY (thread, node)
);
CREATE TABLE stage_time (
    thread TEXT COLLATE "C" NOT NULL, node TEXT COLLATE "C" NOT NULL, seconds FLOAT(53) NOT NULL, CONSTRAINT
    stage_time_pkey PRIMARY KEY (thread, node)
);
CREATE TABLE journal (
    seq BIGINT NOT NULL, at TIMESTAMP WITH TIME ZONE NOT NULL, actor TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE
    "C" NOT NULL, subject TEXT COLLATE "C" NOT NULL, body TEXT COLLATE "C" NOT NULL, prev_hash TEXT COLLATE "C" NOT
    NULL, hash TEXT COLLATE "C" NOT NULL, signature BYTEA NOT NULL, CONSTRAINT journal_pkey PRIMARY KEY (seq)
);
CREATE INDEX journal_kind_subject_idx ON journal (kind, subject);
CREATE TABLE journal_head (
    single BOOLEAN NOT NULL, seq BIGINT NOT NULL, hash TEXT COLLATE "C" NOT NULL, CONSTRAINT journal_head_pkey
    PRIMARY KEY (single)
);
CREATE TABLE effect (
    key TEXT COLLATE "C" NOT NULL, topic TEXT COLLATE "C" NOT NULL, body JSONB NOT NULL, owed_at TIMESTAMP WITH TIME
    ZONE NOT NULL, state TEXT COLLATE "C" NOT NULL, attempts INTEGER NOT NULL, last_error TEXT COLLATE "C", receipt
    JSONB, CONSTRAINT effect_pkey PRIMARY KEY (key)
);
CREATE INDEX effect_state_owed_at_idx ON effect (state, owed_at);
CREATE TABLE forecast (
    slot BIGINT NOT NULL, site_id TEXT COLLATE "C" NOT NULL, load_p10 BIGINT NOT NULL, load_p50 BIGINT NOT NULL,
    load_p90 BIGINT NOT NULL, load_mean BIGINT NOT NULL, pv_p10 BIGINT NOT NULL, pv_p50 BIGINT NOT NULL, pv_p90
    BIGINT NOT NULL, pv_mean BIGINT NOT NULL, baseline_p10 BIGINT NOT NULL, baseline_p50 BIGINT NOT NULL,
    baseline_p90 BIGINT NOT NULL, CONSTRAINT forecast_pkey PRIMARY KEY (slot, site_id)
);
CREATE TABLE orders (
    id TEXT COLLATE "C" NOT NULL, slot BIGINT NOT NULL, site_id TEXT COLLATE "C" NOT NULL, side BIGINT NOT NULL,
    limit_mjpy_per_kwh BIGINT NOT NULL, energy_wh BIGINT NOT NULL, entered BIGINT NOT NULL, firm BOOLEAN NOT NULL,
    refused TEXT COLLATE "C", CONSTRAINT orders_pkey PRIMARY KEY (id)
);
CREATE INDEX orders_slot_idx ON orders (slot);
CREATE TABLE clearing (
    slot BIGINT NOT NULL, price_mjpy_per_kwh BIGINT, volume_wh BIGINT NOT NULL, welfare_ujpy BIGINT NOT NULL,
    offered_wh BIGINT NOT NULL, detail JSONB NOT NULL, CONSTRAINT clearing_pkey PRIMARY KEY (slot)
);
CREATE TABLE trade (
    id TEXT COLLATE "C" NOT NULL, slot BIGINT NOT NULL, sell_order TEXT COLLATE "C" NOT NULL, buy_order TEXT COLLATE
    "C" NOT NULL, seller_site TEXT COLLATE "C" NOT NULL, buyer_site TEXT COLLATE "C" NOT NULL, energy_wh BIGINT NOT
    NULL, price_mjpy_per_kwh BIGINT NOT NULL, CONSTRAINT trade_pkey PRIMARY KEY (id)
);
CREATE INDEX trade_slot_idx ON trade (slot);
CREATE TABLE proposal (
    id TEXT COLLATE "C" NOT NULL, filed_slot BIGINT NOT NULL, body JSONB NOT NULL, planted TEXT COLLATE "C", state
    TEXT COLLATE "C" NOT NULL, CONSTRAINT proposal_pkey PRIMARY KEY (id)
);
CREATE INDEX proposal_filed_slot_idx ON proposal (filed_slot);
CREATE TABLE contract (
    digest TEXT COLLATE "C" NOT NULL, slot BIGINT NOT NULL, trade_id TEXT COLLATE "C", proposal_id TEXT COLLATE "C",
    seller_site TEXT COLLATE "C" NOT NULL, buyer_site TEXT COLLATE "C" NOT NULL, energy_wh BIGINT NOT NULL,
    price_mjpy_per_kwh BIGINT NOT NULL, standard BOOLEAN NOT NULL, state TEXT COLLATE "C" NOT NULL, terms JSONB NOT
    NULL, delivered_wh BIGINT, CONSTRAINT contract_pkey PRIMARY KEY (digest)
);
CREATE INDEX contract_slot_idx ON contract (slot);
CREATE TABLE case_file (
    id TEXT COLLATE "C" NOT NULL, contract_digest TEXT COLLATE "C" NOT NULL, thread TEXT COLLATE "C" NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL, deadline TIMESTAMP WITH TIME ZONE NOT NULL, roles JSONB NOT NULL,
    approvals INTEGER NOT NULL, findings JSONB NOT NULL, evidence JSONB NOT NULL, evidence_hash TEXT COLLATE "C" NOT
    NULL, summary TEXT COLLATE "C" NOT NULL, summary_by TEXT COLLATE "C" NOT NULL, precedents JSONB NOT NULL,
    planted TEXT COLLATE "C", state TEXT COLLATE "C" NOT NULL, CONSTRAINT case_file_pkey PRIMARY KEY (id)
);
CREATE INDEX case_file_state_deadline_idx ON case_file (state, deadline);
CREATE TABLE decision (
    case_id TEXT COLLATE "C" NOT NULL, stage INTEGER NOT NULL, person TEXT COLLATE "C" NOT NULL, verdict TEXT
    COLLATE "C" NOT NULL, reason TEXT COLLATE "C" NOT NULL, evidence_hash TEXT COLLATE "C" NOT NULL, at TIMESTAMP
    WITH TIME ZONE NOT NULL, signature BYTEA NOT NULL, CONSTRAINT decision_pkey PRIMARY KEY (case_id, stage),
    CONSTRAINT decision_case_id_person_key UNIQUE (case_id, person)
);
CREATE TABLE account (
    id TEXT COLLATE "C" NOT NULL, debits_posted BIGINT NOT NULL, credits_posted BIGINT NOT NULL, debits_pending
    BIGINT NOT NULL, credits_pending BIGINT NOT NULL, CONSTRAINT account_pkey PRIMARY KEY (id)
);
CREATE TABLE transfer (
    id TEXT COLLATE "C" NOT NULL, slot BIGINT NOT NULL, debit TEXT COLLATE "C" NOT NULL, credit TEXT COLLATE "C" NOT
    NULL, amount_ujpy BIGINT NOT NULL, kind TEXT COLLATE "C" NOT NULL, state TEXT COLLATE "C" NOT NULL, pending_id
    TEXT COLLATE "C", CONSTRAINT transfer_pkey PRIMARY KEY (id), CONSTRAINT transfer_pending_id_key UNIQUE
    (pending_id)
);
CREATE INDEX transfer_slot_idx ON transfer (slot);
CREATE TABLE settlement (
    slot BIGINT NOT NULL, site_id TEXT COLLATE "C" NOT NULL, contracted_sell_wh BIGINT NOT NULL, contracted_buy_wh
    BIGINT NOT NULL, import_wh BIGINT NOT NULL, export_wh BIGINT NOT NULL, sold_wh BIGINT NOT NULL, bought_wh BIGINT
    NOT NULL, net_ujpy BIGINT NOT NULL, no_trade_ujpy BIGINT, CONSTRAINT settlement_pkey PRIMARY KEY (slot, site_id)
);
CREATE TABLE setpoint (
    slot BIGINT NOT NULL, site_id TEXT COLLATE "C" NOT NULL, extra_charge_wh BIGINT NOT NULL, extra_discharge_wh
    BIGINT NOT NULL, CONSTRAINT setpoint_pkey PRIMARY KEY (slot, site_id)
);
CREATE TABLE chain_record (
    key TEXT COLLATE "C" NOT NULL, root TEXT COLLATE "C" NOT NULL, leaves JSONB NOT NULL, receipt JSONB, CONSTRAINT
    chain_record_pkey PRIMARY KEY (key)
);
"""

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'table % only grows: an audit record is never changed or deleted', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""


def upgrade() -> None:
    """Create every table, then close those of the audit trail against change."""
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement)
    op.execute(APPEND_ONLY)
    for table in AUDIT_TABLES:
        op.execute(
            f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    op.execute("INSERT INTO journal_head (single, seq, hash) VALUES (true, 0, '')")


def downgrade() -> None:
    """There is nothing before the first version."""
    raise NotImplementedError("the first version has no predecessor; recreate the database instead")
