"""A market process that a test kills: broker, doors and nothing else. Says on standard output who may connect."""

import json
import signal
import sys
from contextlib import suppress
from pathlib import Path

from brokers import street

from gridpact.settings import Settings

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # asked to end, it stops its broker too
    folder, settings = Path(sys.argv[1]), Settings.model_validate_json(sys.argv[2])
    with street(settings, folder) as opened:
        (folder / "passwords").write_text(json.dumps(opened.passwords))
        print("open", flush=True)
        with suppress(KeyboardInterrupt):
            signal.pause()
