"""Run the migrations from any working directory, on a connection that is already open."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def configuration(tx: Connection | None = None) -> Config:
    """Alembic's settings without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = tx
    return config


def upgrade(tx: Connection) -> None:
    """To the newest version, inside the caller's transaction."""
    command.upgrade(configuration(tx), "head")
