"""The watch: frames of one camera are judged as they come, where nobody knows the next one yet."""

from collections import deque
from dataclasses import dataclass, fields, replace

import numpy as np

from simgen.errors import InvalidValue
from simgen.observation import Observation, State
from simgen.verify.adherence import Adherence
from simgen.verify.expectation import Expectation
from simgen.verify.limits import Limits
from simgen.verify.measure import measurement, usual_colours
from simgen.verify.motion import Earlier, Motion
from simgen.verify.shading import Shading
from simgen.verify.study import Study, shading_of, study

REMEMBERED = 64
"""Frames that tell the usual colour of a thing."""
OF_STEPS = {field.name for field in fields(Motion)}
"""Metrics of the step from the frame before."""


class Watch:
    """One camera's frames judged as they come, over one episode.

    A frame is judged as the last of a clip is: by itself, beside the frame before, and by the colours that its things had in the last
    `REMEMBERED` frames; no more of the past is kept than this takes. The judgement of a whole clip knows more in two ways. It compares
    a frame with both its neighbours and believes the better, so that a good frame beside a bad one is not blamed; here the step from a
    frame that fails by its own look is not looked at. And it knows a thing's usual colour from the start; here from its fifth frame on.
    """

    def __init__(self, limits: Limits):
        """Go by these limits: `Limits.of(world, referenced=...)`, by whether frames come with references."""
        self._limits = limits
        self._past: deque[Study] = deque(maxlen=REMEMBERED - 1)
        self._last: _Take | None = None

    def judge(
        self, frame: np.ndarray, observation: Observation, *, reference: np.ndarray | None = None, state: State | None = None
    ) -> Adherence:
        """The gate's judgement of the next frame.

        Args:
            frame: (H, W, 3), uint8 sRGB, or floats from 0 to 1.
            observation: the exact truth; its flow leads to the frame that was judged last, however long ago that was.
            reference: what truth and conditions predict, uint8, (H, W, 3), where the conditions are known.
            state: the physics truth, where contacts are to be looked at apart.

        Raises:
            ShapeMismatch: if frame, observation and reference differ in size.
        """
        shading = shading_of(frame, Expectation(observation), reference)
        if self._last is None:
            return self._judged(shading, None, state)
        if self._last.study is not None:
            self._past.append(self._last.study)
        return self._judged(shading, self._last.left, state)

    def retake(self, frame: np.ndarray, *, reference: np.ndarray | None = None, limits: Limits | None = None) -> Adherence:
        """The same of another photograph of the instant that was judged last, in whose place it comes: the next is compared with this.

        Args:
            frame: (H, W, 3), uint8 sRGB, or floats from 0 to 1.
            reference: what truth and conditions predict, uint8, (H, W, 3), where the conditions are known.
            limits: those of the world that drew it, where that is another than draws the others: it is judged by itself alone, for
                every step from world to world is one in light and colour, and so the next frame is not compared with it either.

        Raises:
            ShapeMismatch: if it is not of the size of the last.
            InvalidValue: if nothing was judged yet.
        """
        if self._last is None:
            raise InvalidValue("the number of frames judged", 0, "at least 1 before one is taken again")
        shading, last = shading_of(frame, self._last.expectation, reference), self._last
        if limits is None:
            return self._judged(shading, last.before, last.state)
        self._last = replace(last, study=None, left=None)
        return limits.judge(measurement(study(shading, None, last.state), {}))

    def _judged(self, shading: Shading, before: Earlier | None, state: State | None) -> Adherence:
        told = study(shading, before, state)
        found = self._limits.judge(measurement(told, usual_colours([*self._past, told])))
        left = Earlier.of(shading) if {*found.reasons} <= OF_STEPS else None
        self._last = _Take(shading.expectation, state, before, told, left)
        return found


@dataclass(frozen=True, eq=False)
class _Take:
    """The frame that was judged last, and what judging another of the same instant, or the next, starts from."""

    expectation: Expectation
    state: State | None
    before: Earlier | None
    """What the frame before it left."""
    study: Study | None
    """What it tells; None of what another world drew."""
    left: Earlier | None
    """What it leaves; None where the step from it tells nothing of the next: it shows something else than the truth, or is of
    another world."""
