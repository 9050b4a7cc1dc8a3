"""A feeder of five nodes and three sites: a street that is full of exports at noon, and nothing full at night."""

from review_ui.feeder_day import EXPORTS, FeederDay, FeederSlot, FullBranch, GridChecked, Loading

NIGHT = FeederSlot("2026-05-20 02:00", [14_000] * 5, [0, 0, 300, 0, 0], {}, [0, 300, 0], [300, 0, 0], traded=True)
NOON = FeederSlot(
    "2026-05-20 12:00",
    [14_000, 14_000, 14_000, 8_500, 8_500],
    [0, 0, 1_000, -1_000, -400],
    {3: EXPORTS},
    [0, 600, 400],
    [1_000, 0, 0],
    traded=True,
)
IDLE = FeederSlot("2026-05-20 23:30", [14_000] * 5, [0] * 5, {}, [0] * 3, [0] * 3, traded=False)
LINE_17 = FullBranch("line 17", EXPORTS, 1, "2026-05-20 12:00", "2026-05-20 12:00", 1_000, 5_500_000)
UPPER = FullBranch("line 9", EXPORTS, 1, "2026-05-20 12:00", "2026-05-20 12:00", 1_000, 0)
CHECKED = GridChecked("", 48, (), (), 0, ())


def feeder() -> FeederDay:
    return FeederDay(
        names=["root", "corner", "<b>shop</b>", "farm", "barn"],
        branch_names=["", "transformer", "line 9", "line 17", "line 18"],
        parent=[-1, 0, 1, 1, 3],
        limit_wh=[0, 5_000, 2_000, 1_000, 0],
        site_ids=["S001", "S002", "S003"],
        site_node=[2, 3, 4],
        shown=[NIGHT, NOON, IDLE],
        opened=1,
        full=[LINE_17, UPPER],
        highest=Loading("line 17", "2026-05-20 12:00", 1000),
        check=CHECKED,
    )
