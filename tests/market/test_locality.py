"""Main lines and neighbours on small trees."""

import numpy as np
from feeders import random_feeder
from hypothesis import given
from hypothesis import strategies as st

from domain.branch import Branch, Node
from domain.connection import Connections
from domain.feeder import Feeder, feeder_of, one_node
from market.auction.locality import main_lines, places_of


def tree(*ends: str) -> Feeder:
    """A feeder of nodes with one letter each, from the root ``r``, by branches such as "ra"."""
    names = sorted({name for pair in ends for name in pair}, key=lambda name: (name != "r", name))
    return feeder_of([Node(name) for name in names], [Branch(pair, (pair[0], pair[1]), 1) for pair in ends], ["r"])


def heads(feeder: Feeder) -> dict[str, str]:
    """Each node's main line by the name of the node at its head."""
    return {feeder.names[node]: feeder.names[head] for node, head in enumerate(main_lines(feeder).tolist())}


def test_main_lines_begin_at_the_first_parting() -> None:
    """A transformer and a busbar, then two streets, one of which parts again: that is still one street."""
    street = tree("rb", "ba", "bc", "cd", "ce")
    assert heads(street) == {"r": "r", "b": "b", "a": "a", "c": "c", "d": "c", "e": "c"}


def test_a_feeder_that_never_parts_is_one_main_line() -> None:
    """One street from its transformer to its end."""
    assert set(heads(tree("rb", "bc", "cd")).values()) - {"r"} == {"b"}


def test_one_busbar_is_one_place() -> None:
    """Without wires everybody is everybody's nearest neighbour."""
    places = places_of(Connections(one_node(), np.zeros(3, np.int64)))
    assert places.transformer.tolist() == places.feeder.tolist() == [0, 0, 0]


@given(st.integers(0, 2**32))
def test_who_shares_a_main_line_shares_the_way_to_it(seed: int) -> None:
    """A node's head is on its own way to the root, and all nodes between stand on the same line."""
    feeder = random_feeder(np.random.default_rng(seed), nodes_max=12)
    head = main_lines(feeder).tolist()
    for node in range(len(head)):
        at = node
        while at != head[node]:
            assert head[at] == head[node]
            at = int(feeder.parent[at])
