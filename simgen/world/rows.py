"""Rows: a stream of many cameras, one frame at a time, for worlds of which every camera remembers something of its own."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from simgen.abreast import abreast
from simgen.errors import InvalidValue, ShapeMismatch
from simgen.geometry import CameraView
from simgen.world import Appearance, Shot


class Row(Protocol):
    """What one camera remembers."""

    memory: dict[str, np.ndarray]
    """All that one frame hands to the next; setting it goes on from there."""

    def see(self, shot: Shot) -> object:
        """The next frame, as far as it comes without the other rows."""

    def develop(self, drawn: object) -> np.ndarray:
        """The photograph of what was drawn of it, sRGB, uint8, (H, W, 3)."""


Begin = Callable[[CameraView, Appearance, int], Row]
Draw = Callable[[list], list]


class Rows:
    """The stream of a world: what all rows see is drawn at once, and each photograph developed by itself."""

    def __init__(
        self,
        begin: Begin,
        draw: Draw,
        views: Sequence[CameraView],
        appearances: Sequence[Appearance],
        seeds: Sequence[int],
        *,
        in_turn: bool = False,
    ):
        """Begin all rows.

        Args:
            begin: makes a row.
            draw: what the rows saw, to what is to be developed, in order; a row comes out the same alone and beside others.
            views: one a row; they may move, but keep their size.
            appearances: one a row.
            seeds: one a row.
            in_turn: whether one row must be done before the next begins; else several go abreast.

        Raises:
            InvalidValue: if these are not equally many.
        """
        self._begin, self._draw, self._each = begin, draw, map if in_turn else abreast
        self._rows: list[Row] = [None] * len(views)
        self._sizes = [(0, 0)] * len(views)
        self.reset(range(len(views)), views, appearances, seeds=seeds)

    def step(self, shots: Sequence[Shot], rows: Sequence[int] | None = None) -> list[np.ndarray]:
        """One frame of each of these rows, or of all, sRGB, uint8, (H, W, 3) each.

        Raises:
            ShapeMismatch: if an observation is not of its row's size, or there are not as many as rows; nothing is drawn then.
        """
        rows = range(len(self._rows)) if rows is None else rows
        if len(shots) != len(rows):
            raise ShapeMismatch("a batch of shots", (len(shots),), "the stream", (len(rows),))
        for row, shot in zip(rows, shots, strict=True):
            if shot.observation.depth.shape != self._sizes[row]:
                raise ShapeMismatch(f"the observation of row {row}", shot.observation.depth.shape, "its camera", self._sizes[row])
        asked = [self._rows[row] for row in rows]
        seen = self._each(lambda pair: pair[0].see(pair[1]), zip(asked, shots, strict=True))
        return list(self._each(lambda pair: pair[0].develop(pair[1]), zip(asked, self._draw(list(seen)), strict=True)))

    def reset(self, rows: Sequence[int], views: Sequence[CameraView], appearances: Sequence[Appearance], *, seeds: Sequence[int]) -> None:
        """Begin these rows anew.

        Raises:
            InvalidValue: if these are not equally many.
        """
        counts = tuple(len(each) for each in (rows, views, appearances, seeds))
        if len(set(counts)) > 1:
            raise InvalidValue("rows, views, appearances and seeds", counts, "equally many, one a row")
        for row, view, appearance, seed in zip(rows, views, appearances, seeds, strict=True):
            self._rows[row] = self._begin(view, appearance, seed)
            self._sizes[row] = view.intrinsics.height, view.intrinsics.width

    def memory(self, row: int) -> dict[str, np.ndarray]:
        """All that one frame of a row hands to the next."""
        return self._rows[row].memory

    def recall(self, row: int, memory: dict[str, np.ndarray]) -> None:
        """Go on with a row, just begun anew, from what `memory` said of it, bit for bit."""
        self._rows[row].memory = memory


def one_by_one(seen: list) -> list:
    """For worlds whose rows draw while they look."""
    return seen
