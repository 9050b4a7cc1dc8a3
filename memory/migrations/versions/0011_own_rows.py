"""What a member asks for by site: its trades, contracts, settlements and transfers, found without reading others'."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

INDEXED = {
    "site": ("party_id",),
    "device": ("site_id",),
    "trade": ("seller_site, slot", "buyer_site, slot"),
    "contract": ("seller_site, slot", "buyer_site, slot"),
    "transfer": ("debit, slot", "credit, slot"),
    "settlement": ("site_id, slot",),
}


def upgrade() -> None:
    """Create the indexes."""
    for table, columns, name in _names():
        op.execute(f"CREATE INDEX {name} ON {table} ({columns})")


def downgrade() -> None:
    """Lists become slow; nothing is lost."""
    for _, _, name in _names():
        op.execute(f"DROP INDEX {name}")


def _names() -> list[tuple[str, str, str]]:
    return [
        (table, columns, f"{table}_{columns.replace(', ', '_')}_idx")
        for table, of_table in INDEXED.items()
        for columns in of_table
    ]
