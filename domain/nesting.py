"""How deep JSON from strangers may be nested, and how many lists and objects it may have, looked at before parsing.

Python's JSON reader recurses on the machine's stack and trusts the interpreter's recursion limit to stop it in time.
The EVM raises that limit for its own calls, so a body of some thousand brackets would end the whole process. And small
lists take thirty times their text, so some megabytes of ``[],`` would fill the memory.
"""

import re

LEVELS_MAX = 32
BRACKETS_MAX = 200_000
_NO_BRACKETS = re.compile(r'(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[^\[\]{}"]++)++', re.DOTALL)


def too_many_brackets(text: str) -> bool:
    """Whether a JSON text opens more than ``BRACKETS_MAX`` lists and objects, those inside its strings counted too."""
    return text.count("[") + text.count("{") > BRACKETS_MAX


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
