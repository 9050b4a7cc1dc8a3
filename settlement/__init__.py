"""From metered energy to balanced books. Who delivered what, who pays whom, and what the community's pool gives back;
pure functions over columns, exact to the micro-yen, with no clock and no database."""
