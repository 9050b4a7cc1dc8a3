"""``python -m gridpact``."""

from gridpact.cli import main

raise SystemExit(main())
