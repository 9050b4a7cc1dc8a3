"""What a meter says, and the use behind it."""

from hypothesis import given
from hypothesis import strategies as st

from domain.reading import Reading

flow = st.integers(0, 10**8)


@given(flow, flow, flow, flow, flow)
def test_what_comes_in_goes_out_is_used_or_is_charged(
    import_wh: int, export_wh: int, generation_wh: int, charge_wh: int, discharge_wh: int
) -> None:
    """Law: the energy balance behind the meter, to the Wh; what the battery holds is no flow."""
    reading = Reading("M1", 1, 1, 10, import_wh, export_wh, generation_wh, charge_wh, discharge_wh, stored_wh=77)
    assert import_wh + generation_wh + discharge_wh == export_wh + charge_wh + reading.load_wh
