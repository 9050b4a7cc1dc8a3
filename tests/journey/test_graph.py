"""The pictures of the graphs: drawn from the code, complete, and saying who acts where."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from processes import ROOT, run

from gridpact.blueprint import AGENTS, Place, blueprint
from gridpact.commands.graph import compiled
from gridpact.drawing import draw
from gridpact.picture import COLOURS, fallback, picture

COLUMNS_MAX = 100
INSIDE = {"bid": "( forecast > bid )", "clear": "( clear > draft )", "recall": "( recall )", "screen": "( screen )"}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def graphs() -> dict[str, tuple[Place, ...]]:
    return {name: blueprint(graph) for name, graph in compiled().items()}


def test_the_graph_is_printed_with_owners_and_what_is_inside() -> None:
    """Every node of the trading day in its order, its owner before it and the agent's own nodes behind it."""
    drawn = run(("graph",), {})
    assert drawn.returncode == 0, drawn.stderr
    lines = drawn.stdout.splitlines()
    rows = {line.split("]")[0].split("[")[1].strip(): line for line in lines if "[" in line}
    wanted = (
        "open",
        "recall",
        "read",
        "bid",
        "screen",
        "clear",
        "review",
        "book",
        "record",
        "meter",
        "settle",
        "learn",
    )
    assert [name for name in rows if name in wanted] == list(wanted)
    assert {name: inside for name, inside in INSIDE.items() if inside not in rows[name]} == {}
    assert rows["clear"].split()[0] == "runtime"
    assert rows["summarise"].split()[0] == "runtime"
    assert rows["await_people"].split()[0] == "people"
    assert max(map(len, lines)) <= COLUMNS_MAX
    assert set(json.loads(run(("graph", "--json"), {}).stdout)) == {"trading_day", "case"}


def test_every_node_has_an_owner_that_has_a_colour(graphs: dict[str, tuple[Place, ...]]) -> None:
    """Nobody acts unnamed, and each of the four agents acts somewhere."""
    owners = {place.owner for places in graphs.values() for place in places if not place.name.startswith("__")}
    assert owners == set(COLOURS)
    assert owners >= set(AGENTS)


def test_the_svg_says_all_that_the_text_says(graphs: dict[str, tuple[Place, ...]]) -> None:
    """Every node, owner and inner node is a word in it; it is well-formed, loads nothing and stays on its canvas."""
    root = ElementTree.fromstring(picture(graphs))
    said = {text.text for text in root.iter(f"{SVG}text")}
    places = [place for each in graphs.values() for place in each]
    assert {place.name.strip("_") for place in places} <= said
    assert {name for place in places for name in place.inside} <= said
    assert {place.owner for place in places if place.owner} <= said
    assert "href" not in picture(graphs)
    boxes = [
        [int(box.attrib.get(name, 0)) for name in ("x", "y", "width", "height")] for box in root.iter(f"{SVG}rect")
    ]
    width, height = int(root.attrib["width"]), int(root.attrib["height"])
    assert [box for box in boxes if box[0] + box[2] > width or box[1] + box[3] > height] == []


def test_the_node_beside_the_path_is_the_one_that_all_may_fall_back_to(graphs: dict[str, tuple[Place, ...]]) -> None:
    """A slot may be stopped from anywhere; a case has no such way."""
    stopped = fallback(graphs["trading_day"])
    assert stopped is not None
    assert stopped.name == "stopped"
    assert fallback(graphs["case"]) is None


def test_a_graph_of_two_nodes_is_a_line() -> None:
    """The smallest picture there is."""
    assert draw("t", [Place("a", "rules", (), ("b",)), Place("b", "rules", ("c",), ())]).splitlines()[3:] == [
        "  rules     [         a          ]",
        "                      |",
        "  rules     [         b          ]  ( c )",
    ]


def test_the_picture_of_the_docs_is_the_graph_of_today(graphs: dict[str, tuple[Place, ...]], tmp_path: Path) -> None:
    """``gridpact graph --svg docs/pictures/graph.svg`` draws it anew when the graph has changed."""
    out = tmp_path / "graph.svg"
    assert run(("graph", "--svg", str(out)), {}).returncode == 0
    assert out.read_text() == picture(graphs)
    assert (ROOT / "docs/pictures/graph.svg").read_text() == out.read_text(), "draw it anew"
