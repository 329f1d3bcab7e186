"""HDF5 of Isaac Lab's recorders, and so of Isaac Lab Mimic and of what goes into its `hdf5_to_mp4.py`.

Beside what `demonstrations.py` says, read are the conventions of Isaac Lab 2.1 to 2.3: `table_cam`, `table_cam_depth`
(`distance_to_image_plane`; 0 is nothing), `table_cam_segmentation` (colours, RGBA) as the cosmos visuomotor tasks record them;
`initial_state/` and `states/`, nested, of which the latter are those after each step, so that frame t, which was seen before step t,
has the initial state or the one after step t - 1; the step from `env_args["sim_args"]`; `success`. The state is the joint position of the
articulation `robot`, or of the first, or else `obs/joint_pos`, which is relative to where the joints rest. Depth that was recorded as
`distance_to_camera` is along the ray and would be taken for depth. The recorders keep neither poses of cameras nor lenses.
"""

from pathlib import Path

import numpy as np

from simgen.dataset.recording import Recording
from simgen.importing.demonstrations import Demonstrations
from simgen.importing.pace import pace


class IsaacLab:
    """Such a file as a log.

    Raises:
        BadRecording: if it cannot be read.
    """

    def __init__(self, source: Path):
        self._demos = Demonstrations(source)
        self._container = self._demos.container

    @staticmethod
    def recognises(source: Path) -> bool:
        """Whether it has demonstrations with nested states, or says that Isaac Lab made it."""
        if not Demonstrations.are_in(source):
            return False
        demos = Demonstrations(source)
        first = f"data/{demos.names[0]}"
        nested = any(demos.container.is_group(f"{first}/{name}") for name in ("initial_state", "states"))
        return nested or str(demos.env_args.get("env_name", "")).startswith("Isaac-")

    def __len__(self) -> int:
        return len(self._demos.names)

    def episode(self, number: int) -> Recording:
        """One demonstration.

        Raises:
            BadRecording: if an array is not what it should be.
            LacksControls: if no camera has depth and segmentation.
        """
        demos, demo = self._demos, self._demos.names[number]
        rate, guesses = pace(self._rate())
        seen, left_out = demos.footage(demo, rate, {})
        length, states = len(next(iter(seen.values())).frames), self._states(demo)
        joints = [key for key in states if key.startswith("states.articulation.") and key.endswith(".joint_position")]
        joints.sort(key=lambda key: (".robot." not in key, key))
        observed = demos.observed(demo)
        state = states[joints[0]] if joints else observed.get("obs.joint_pos")
        return Recording(
            demos.short(demo),
            rate,
            seen,
            actions=self._container.table(f"data/{demo}/actions", length),
            state=state,
            numbers=observed | states,
            outcome=demos.outcome(demo),
            task=demos.beside.task or str(demos.env_args.get("prompt") or demos.env_args.get("env_name") or "recorded"),
            guesses=guesses + left_out,
        )

    def _rate(self) -> float | None:
        said = self._demos.env_args.get("sim_args")
        step = [said.get(name) for name in ("dt", "decimation")] if isinstance(said, dict) else []
        whole = step and all(isinstance(one, int | float) and one > 0 for one in step)
        return self._demos.beside.fps or (1 / (step[0] * step[1]) if whole else None)

    def _states(self, demo: str) -> dict[str, np.ndarray]:
        """The simulator's state at every frame, by `states.<path>`, float64, (T, N); nan where there is no initial one."""
        group, length, found = f"data/{demo}", self._demos.length(demo), {}
        for leaf in self._container.leaves(f"{group}/states"):
            after = self._container.table(f"{group}/states/{leaf}", length)
            before = np.full((1, after.shape[1]), np.nan)
            if self._container.shape(f"{group}/initial_state/{leaf}") == (1, after.shape[1]):
                before = self._container.table(f"{group}/initial_state/{leaf}", 1)
            found["states." + leaf.replace("/", ".")] = np.concatenate([before, after[:-1]])
        return found
