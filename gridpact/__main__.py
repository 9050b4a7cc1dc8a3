"""``python -m gridpact`` is the command ``gridpact``, for where the script is not installed."""

from gridpact.cli import main

raise SystemExit(main())
