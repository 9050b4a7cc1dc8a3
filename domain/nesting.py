"""How deep JSON from strangers may be nested, looked at before it is parsed.

Python's JSON reader recurses on the machine's stack and trusts the interpreter's recursion limit to stop it in time.
The EVM raises that limit for its own calls, so a body of some thousand brackets would end the whole process.
"""

import re

LEVELS_MAX = 32
_NO_BRACKETS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[^\[\]{}"]+', re.DOTALL)


def nested_too_deep(text: str) -> bool:
    """Whether lists and objects of a JSON text stand in one another more than ``LEVELS_MAX`` deep."""
    if text.count("[") + text.count("{") <= LEVELS_MAX:
        return False
    level = 0
    for bracket in _NO_BRACKETS.sub("", text):
        level += 1 if bracket in "[{" else -1
        if level > LEVELS_MAX:
            return True
    return False
