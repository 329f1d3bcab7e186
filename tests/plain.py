"""A small scene for tests of what comes after it: a robot, a table of one box and two things on it, before two small cameras."""

from pathlib import Path

import yaml

WRIST = {"position": [0.1, 0.0, 0.03], "look_at": [0.035, 0.0, 0.13], "mount": {"body": "robot", "link": "panda_hand"}}
ON_TABLE = [{"on_top_of": "table", "region": [[0.0, 0.15], [-0.15, 0.15]]}]  # metres from the middle of the table
SCENE = {
    "schema_version": 1,
    "name": "tiny",
    "duration": 8.0,
    "cameras": {
        "front": {"width": 48, "height": 48, "position": [1.2, 0.0, 0.8], "look_at": [0.4, 0.0, 0.0]},
        "wrist": {"width": 48, "height": 48, "fov_y_deg": 75} | WRIST,
    },
    "bodies": {
        "table": {"label": "table", "fixed": True, "shape": {"box": {"size": [1.4, 1.4, 0.05]}}, "position": [0.4, 0.0, -0.025]},
        "cube": {"label": "cube", "mass": 0.1, "shape": {"box": {"size": [0.05, 0.05, 0.05]}}, "place": ON_TABLE},
        "can": {"label": "can", "mass": 0.3, "shape": {"cylinder": {"radius": 0.03, "height": 0.1}}, "place": ON_TABLE},
    },
    "task": {"name": "reach", "roles": {"target": "cube"}},
}


def plain(folder: Path) -> Path:
    """The scene as a file in a folder."""
    file = folder / "tiny.yaml"
    file.write_text(yaml.safe_dump(SCENE))
    return file
