"""``gridpact openapi``: the description of the API, OpenAPI 3.1, as this version serves it."""

import argparse
import json


def run(options: argparse.Namespace) -> int:
    """Print it; no world is opened for it."""
    from gateways.http.app import describe

    print(json.dumps(describe(), indent=1, ensure_ascii=False))
    return 0
