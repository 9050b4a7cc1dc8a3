"""Graph threads: begun, gone on with after a crash, and woken, each safe to do again.

Resuming an unknown thread would run it from its start, and resuming an ended one is silent; so every thread is looked
at first. Checkpoints are written before the next node runs.
"""

from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from services.context import TradeContext

State = dict[str, Any]


def config(thread: str) -> RunnableConfig:
    """How LangGraph is told which thread is meant."""
    return {"configurable": {"thread_id": thread}}


def advance(ctx: TradeContext, graph: Any, thread: str, start: State) -> None:
    """Begin a thread, or go on where a crash left it; a thread that waits or has ended is left alone."""
    with ctx.database.failures():
        snapshot = graph.get_state(config(thread))
        if snapshot.created_at is None:
            graph.invoke(start, config(thread), context=ctx, durability="sync")
        elif snapshot.next and not snapshot.interrupts:
            graph.invoke(None, config(thread), context=ctx, durability="sync")


def wake(ctx: TradeContext, graph: Any, thread: str, node: str) -> None:
    """Resume a thread that waits in ``node``; one that was killed goes on first."""
    with ctx.database.failures():
        snapshot = graph.get_state(config(thread))
        if snapshot.next and not snapshot.interrupts:
            graph.invoke(None, config(thread), context=ctx, durability="sync")
            snapshot = graph.get_state(config(thread))
        if snapshot.next == (node,):
            graph.invoke(Command(resume=True), config(thread), context=ctx, durability="sync")


def put_back(ctx: TradeContext, graph: Any, thread: str, state: State, after: str) -> None:
    """Let a thread that stands at no node of today's graph go on as if ``after`` had just run.

    A node that was renamed takes the threads that wait in it out of sight: they look as if they had ended.
    """
    with ctx.database.failures():
        snapshot = graph.get_state(config(thread))
        if snapshot.created_at is not None and not snapshot.next:
            graph.update_state(config(thread), state, as_node=after)
            graph.invoke(None, config(thread), context=ctx, durability="sync")
