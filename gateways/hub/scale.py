"""What a meter's registers count in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """What one count of a register is worth, in tenths of a Wh, and after how many digits it begins again."""

    count_tenths_wh: int
    digits: int

    @property
    def turn(self) -> int:
        """The count at which a register is zero again."""
        return int(10**self.digits)

    def energy_wh(self, start: int, end: int) -> int:
        """Energy from one register value to a later one, Wh. Parts of a Wh are left to the next difference: the
        differences of a row of values add up to the whole of it, rounded down at its two ends only."""
        counted = (end - start) % self.turn
        begun = start * self.count_tenths_wh
        return (begun + counted * self.count_tenths_wh) // 10 - begun // 10
