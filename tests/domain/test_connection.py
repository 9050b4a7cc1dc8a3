"""Connections come back from their record to the last bit, and are limited as a share."""

import json
from dataclasses import fields

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from domain.branch import Branch, Node
from domain.connection import Connections, connections_from, without_wires
from domain.feeder import Feeder, feeder_of

parts = st.floats(0.2, 5, allow_nan=False)


@st.composite
def connections(draw: st.DrawFn) -> Connections:
    """Sites on a random tree with all that a branch can be."""
    count = draw(st.integers(1, 6))
    branches = [
        Branch(
            f"line {at}", (f"n{draw(st.integers(0, at - 1))}", f"n{at}"), draw(st.integers(0, 10**9)),
            draw(st.integers(0, 9_000)), draw(st.integers(0, 999)), draw(parts), draw(parts), draw(parts), draw(parts),
            draw(parts),
        )
        for at in range(1, count)
    ]  # fmt: skip
    nodes = [Node(f"n{at}", draw(st.integers(100, 20_000))) for at in range(count)]
    sites = draw(st.lists(st.integers(0, count - 1), max_size=5))
    return Connections(feeder_of(nodes, branches, ["n0"]), np.array(sites, np.int64))


@given(connections())
def test_connections_come_back_from_json_to_the_last_bit(there: Connections) -> None:
    """Every column with its type, every name, every site's node."""
    back = connections_from(json.loads(json.dumps(there.record())))
    assert np.array_equal(back.node, there.node)
    assert back.node.dtype == np.int64
    for field in fields(Feeder):
        written, read = getattr(there.feeder, field.name), getattr(back.feeder, field.name)
        assert type(read) is type(written)
        if isinstance(written, np.ndarray):
            assert (read.dtype, read.tobytes()) == (written.dtype, written.tobytes())
        else:
            assert read == written


@given(connections(), st.integers(0, 100))
def test_a_share_of_every_limit_is_rounded_down(there: Connections, percent: int) -> None:
    """No branch carries more of trades than its share, none a whole Wh less; what it is rated for stays."""
    limited, limit_wh = there.limited(percent), there.feeder.limit_wh
    assert np.all(limited.for_trades.limit_wh * 100 <= limit_wh * percent)
    assert np.all((limited.for_trades.limit_wh + 1) * 100 > limit_wh * percent)
    assert limited.for_trades.parent is there.feeder.parent
    assert not limited.for_trades.loss_permille.any()
    assert (limited.feeder, limited.node) == (there.feeder, there.node)


def test_without_wires_everybody_stands_at_one_busbar() -> None:
    """Some sites keep their order when others leave."""
    assert without_wires(3).node.tolist() == [0, 0, 0]
    assert without_wires(3).of([2, 0]).node.tolist() == [0, 0]
