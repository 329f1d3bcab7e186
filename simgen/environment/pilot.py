"""The pilot: carries out chunks of actions as they arrive, while the policy that sends them still thinks of the next."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

Overdue = Literal["late", "dropped"]
"""What becomes of a chunk that arrives after its time: all of it is carried out, `late`; or what should have been done by then is
`dropped`, as real-time chunking does (Black et al., 2025)."""


@dataclass(frozen=True, eq=False)
class Plan:
    """One chunk of actions."""

    asked: int
    """Control step at which its observation was made."""
    arrives: int
    """First control step at which it can be carried out."""
    begins: int
    """Control step for which its first action is meant."""
    actions: np.ndarray
    """float32, (H, A)."""


class Pilot:
    """One robot's plans, in control steps since its episode began."""

    def __init__(self, overdue: Overdue = "late"):
        self._overdue = overdue
        self._plans: list[Plan] = []

    def hand(self, actions: np.ndarray, *, now: int, latency: int) -> None:
        """Send a chunk on its way.

        Args:
            actions: float32, (H, A).
            now: control step at which its observation was made.
            latency: control steps until it arrives.
        """
        arrives = now + latency
        self._plans.append(Plan(now, arrives, arrives if self._overdue == "late" else now, actions))

    def action(self, now: int) -> np.ndarray | None:
        """What the newest plan that has arrived says of this control step, (A,); None where it says nothing (any more)."""
        arrived = [plan for plan in self._plans if plan.arrives <= now]
        if not arrived:
            return None
        newest = max(arrived, key=lambda plan: plan.asked)
        self._plans = [plan for plan in self._plans if plan.asked >= newest.asked]
        place = now - newest.begins
        return newest.actions[place] if place < len(newest.actions) else None

    @property
    def memory(self) -> dict[str, np.ndarray]:
        """All plans that may still be carried out."""
        times = np.array([(plan.asked, plan.arrives, plan.begins) for plan in self._plans], np.int64).reshape(-1, 3)
        return {"plan_times": times} | {f"plan_{number}": plan.actions for number, plan in enumerate(self._plans)}

    @memory.setter
    def memory(self, memory: dict[str, np.ndarray]):
        times = memory["plan_times"].tolist()
        self._plans = [Plan(*when, memory[f"plan_{number}"]) for number, when in enumerate(times)]
