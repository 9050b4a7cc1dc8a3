"""What a person sees while long work runs: lines and a bar on standard error, nothing on standard output."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int, str], None]


class Progress:
    """Says what is being done; silent when ``quiet``."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._last = ""

    def say(self, text: str) -> None:
        """One line, once."""
        if not self._quiet and text != self._last:
            print(f"  {text}", file=sys.stderr, flush=True)
        self._last = text

    @contextmanager
    def bar(self, title: str, steps: int) -> Iterator[Advance]:
        """A bar of ``steps`` steps; call what it yields with how many are done and where the work stands."""
        if self._quiet:
            yield lambda count, where: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn(f"  {title}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
        )
        with Bar(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("", total=steps)
            yield lambda count, where: bar.update(task, advance=count, description=where)
