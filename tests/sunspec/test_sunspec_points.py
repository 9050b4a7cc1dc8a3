"""Points: the published models are the oracle of every offset, and values come back as they were written."""

from hypothesis import given
from hypothesis import strategies as st
from units import points, words_of

from gateways.sunspec import controls, unit
from gateways.sunspec.points import Kind, Point, registers_of, scale_of, value_of

NAMED = [
    *((each, "W", point) for each, point in unit.W_OF.items()),
    *((each, "TotWhInj" if each == unit.AC else "WH", point) for each, point in unit.GENERATED.items()),
    *((each, "W", point) for each, point in unit.METER_W.items()),
    *((each, "TotWhExp", point) for each, point in unit.METER_EXPORT.items()),
    *((each, "TotWhImp", point) for each, point in unit.METER_IMPORT.items()),
    (701, "TotWhAbs", unit.ABSORBED),
    (713, "WHRtg", unit.STORES[713][0]),
    (713, "SoC", unit.STORES[713][1]),
    (802, "WHRtg", unit.STORES[802][0]),
    (802, "SoC", unit.STORES[802][1]),
    (124, "ChaState", unit.STORES[124][1]),
    (120, "WHRtg", unit.RATED_WH),
    (702, "WChaRteMax", unit.POWERS[702][0]),
    (702, "WDisChaRteMax", unit.POWERS[702][1]),
    (120, "MaxChaRte", unit.POWERS[120][0]),
    (120, "MaxDisChaRte", unit.POWERS[120][1]),
    (123, "WMaxLimPct", controls.LIMIT_123),
    (704, "WMaxLimPct", controls.LIMIT_704),
    (704, "WMaxLimPctRvrt", controls.SAFE_704),
    (704, "WSet", controls.W_704),
    (124, "OutWRte", controls.DISCHARGE_124),
    (124, "InWRte", controls.CHARGE_124),
    (124, "WChaMax", controls.CHARGE_MAX_124),
]


def test_every_point_stands_where_the_published_model_has_it() -> None:
    """Offset, size, type and scale, by the models that SunSpec publishes."""
    import json

    from units import MODELS

    for model, name, point in NAMED:
        assert point is not None
        at, size, kind = points(model)[name]
        assert (model, name, point.offset, point.kind.value[0]) == (model, name, at, size)
        assert point.kind.name.lower() == kind.replace("acc32", "acc32"), (model, name)
        published = json.loads((MODELS / f"model_{model}.json").read_text())["group"]["points"]
        scale = next(each for each in published if each["name"] == name).get("sf")
        assert point.scale_at == (points(model)[scale][0] if scale else None), (model, name)


def test_what_is_not_implemented_is_none() -> None:
    """For every type the word that stands for nothing; a scale beyond ten digits is no scale; a short model ends."""
    for kind, words in {
        Kind.INT16: [0x8000],
        Kind.UINT16: [0xFFFF],
        Kind.INT32: [0x8000, 0],
        Kind.UINT32: [0xFFFF, 0xFFFF],
        Kind.UINT64: [0xFFFF] * 4,
        Kind.ACC32: [0, 0],
        Kind.FLOAT32: [0x7FC0, 0],
    }.items():
        assert value_of(words, Point(0, kind)) is None
        assert value_of(words[1:], Point(0, kind)) is None
    assert value_of([0x7F80, 0], Point(0, Kind.FLOAT32)) is None
    assert value_of([0x7F7F, 0xFFFF], Point(0, Kind.FLOAT32)) is None
    for scale in (11, 0x8000, 0xFFF5):
        assert scale_of([5, scale], Point(0, Kind.UINT16, 1)) is None
        assert registers_of(5, [5, scale], Point(0, Kind.UINT16, 1)) is None


@given(st.integers(-32767, 32767), st.integers(-4, 4))
def test_what_is_written_is_read_back(number: int, scale: int) -> None:
    """A value on one of a point's own steps, of either sign, comes back; what does not fit is not written."""
    words = [0, scale % 65536]
    point = Point(0, Kind.INT16, 1)
    value = number * 10**scale if scale >= 0 else number // 10**-scale
    written = registers_of(value, words, point)
    if written is None:
        assert abs(value) * 10 ** max(0, -scale) > 32767 or value == -32768
    else:
        assert value_of([*written, words[1]], point) == value
    assert registers_of(70_000, [0, 0], point) is None


def test_a_power_is_told_as_a_window_of_one_width() -> None:
    """Model 124: charging takes at least and at most so much, discharging the other way; alone ends it."""
    words = words_of(124, {"WChaMax": 5000, "WChaMax_SF": 0, "InOutWRte_SF": 0x10000 - 2})
    assert controls.power_124(words, 2500, 5000, 300) == [(12, (65536 - 5000, 5000, 0, 300)), (5, (3,))]
    assert controls.power_124(words, -1250, 5000, 300) == [(12, (2500, 65536 - 2500, 0, 300)), (5, (3,))]
    assert controls.power_124(words, None, 5000, 300) == [(5, (0,))]
    assert controls.power_124(words, 2500, None, 300) == []
