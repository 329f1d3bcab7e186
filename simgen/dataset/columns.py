"""What `meta/episodes` says of an episode, by which LeRobot's `episode_filter` can choose.

| column | what it is |
|---|---|
| `simgen/scenario`, `simgen/seed`, `simgen/episode`, `simgen/attempt` | which draw this is |
| `simgen/scene_sha256` | of the Scene as it was photographed |
| `simgen/task`, `simgen/success` | what was to be done, and whether it was |
| `simgen/simulator`, `simgen/world`, `simgen/labels`, `simgen/versions` | who made it, with what |
| `simgen/truth_sha256` | of the truth file |
| `simgen/world_seed` | seed of its photographs; -1 where nobody kept it |
| `simgen/pair` | the same for all photographs of one run: counterfactual pairs share it |
| `simgen/rendered_from` | `<dataset>/<position>` whose physics was photographed again; empty for an episode of its own |
| `simgen/measured_frames`, `simgen/invalid_frames` | frames of all cameras that the gate looked at, and those that failed it |
| `simgen/adherence_mean` | mean score of those frames; NaN where none was measured |
| `simgen/weather`, `simgen/light`, `simgen/sensor` | `preset:level` at the start; `default`, or `custom` where none was named |
| `simgen/caption` | what the photographs show, in words |
| `simgen/weather/<field>`, ... | every number of weather, light and sensor at the start |

`simgen/attempts_failed`, `simgen/truth` and `simgen/scene` come with the whole dataset.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from simgen.dataset.episode import Episode
from simgen.dataset.video import Labels
from simgen.scenario import Scene
from simgen.scenario.conditions import Conditions
from simgen.scenario.schedule import conditions_at
from simgen.scenario.words import words
from simgen.verify import Adherence

FILE = "columns.json"
PARTS = ("weather", "light", "sensor")


def columns(episode: Episode, truth: Path, labels: Labels) -> dict[str, object]:
    """What `meta/episodes` says of an episode, by column name; `truth` is its truth file."""
    scene, clips = episode.scene, episode.clips.values()
    return {
        "simgen/scenario": scene.name,
        "simgen/seed": scene.seed,
        "simgen/episode": scene.episode,
        "simgen/attempt": scene.attempt,
        "simgen/scene_sha256": scene.sha256,
        "simgen/task": scene.task.name if scene.task else "",
        "simgen/world": next((clip.world for clip in clips), ""),
        "simgen/simulator": episode.simulator,
        "simgen/success": episode.success,
        "simgen/labels": labels,
        "simgen/versions": json.dumps(episode.versions, sort_keys=True),
        "simgen/truth_sha256": hashlib.sha256(truth.read_bytes()).hexdigest(),
        "simgen/world_seed": -1 if episode.world_seed is None else episode.world_seed,
        "simgen/pair": pair(episode),
        "simgen/rendered_from": episode.rendered_from,
        **judged_columns(episode.adherence),
        "simgen/caption": words(conditions_at(scene, 0), scene).caption,
        **surroundings(conditions_at(scene, 0)),
    }


def read_columns(shard: Path) -> dict[str, object]:
    """What `columns` said of a finished episode."""
    return json.loads((shard / FILE).read_text())


def pair(episode: Episode) -> str:
    """SHA-256 of a run: what stood where and what was done, at every instant, whatever it looked like."""
    scene: Scene = episode.simulated or episode.scene
    digest = hashlib.sha256(f"{scene.name}/{scene.seed}/{scene.episode}/{scene.attempt}".encode())
    digest.update(episode.trajectory.actions.tobytes())
    for state in (*episode.trajectory.states, episode.final):
        digest.update(np.int64(state.time_ns).tobytes())
        for name in ("link_pose", "link_velocity", "joint_position", "mass", "friction"):
            digest.update(getattr(state, name).tobytes())
    return digest.hexdigest()


def judged_columns(adherence: Mapping[str, Sequence[Adherence]]) -> dict[str, object]:
    """What is said of the gate, by column."""
    frames = [one for judged in adherence.values() for one in judged]
    return {
        "simgen/measured_frames": len(frames),
        "simgen/invalid_frames": sum(not one.passed for one in frames),
        "simgen/adherence_mean": float(np.mean([one.score for one in frames])) if frames else float("nan"),
    }


def surroundings(conditions: Conditions) -> dict[str, object]:
    """What is said of weather, light and sensor, by column."""
    found = {}
    for part in PARTS:
        one = getattr(conditions, part)
        unnamed = "default" if one == type(one)() else "custom"
        found[f"simgen/{part}"] = unnamed if one.preset is None else f"{one.preset}:{one.level:g}"
        numbers = {name: value for name, value in one if isinstance(value, float) and name != "level"}
        found |= {f"simgen/{part}/{name}": value for name, value in sorted(numbers.items())}
    return found
