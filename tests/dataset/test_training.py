"""LeRobot's own commands run on a dataset as it stands, without a network."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import made
from lerobot.datasets.lerobot_dataset import LeRobotDataset

pytestmark = pytest.mark.slow
OFFLINE = os.environ | {"HF_HUB_OFFLINE": "1", "WANDB_MODE": "disabled"}


def lerobot(command: str, *arguments: str) -> str:
    """What one of LeRobot's commands prints."""
    program = Path(sys.executable).with_name(f"lerobot-{command}")
    done = subprocess.run([program, *arguments], env=OFFLINE, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout + done.stderr


@pytest.mark.parametrize("labels, inputs", [("none", None), ("lerobot", ("front", "top"))])
def test_act_trains_on_it(tmp_path, labels, inputs):
    root = made(tmp_path / "data", labels=labels)
    chosen = [f'"observation.images.{camera}":{{"type":"VISUAL","shape":[3,64,64]}}' for camera in inputs or ()]
    state = '"observation.state":{"type":"STATE","shape":[4]}'
    said = lerobot(
        "train",
        "--dataset.repo_id=simgen/demo",
        f"--dataset.root={root}",
        "--dataset.video_backend=pyav",
        "--policy.type=act",
        "--policy.device=cpu",
        "--policy.push_to_hub=false",
        "--policy.pretrained_backbone_weights=null",
        *([f"--policy.input_features={{{','.join([*chosen, state])}}}"] if inputs else []),
        "--batch_size=2",
        "--steps=20",
        "--num_workers=0",
        "--eval_steps=0",
        "--wandb.enable=false",
        f"--output_dir={tmp_path / 'act'}",
    )
    assert "End of training" in said and (tmp_path / "act/checkpoints/last/pretrained_model/model.safetensors").is_file()


def test_lerobots_editor_reads_it(plain):
    said = lerobot("edit-dataset", "--repo_id", "simgen/demo", "--root", str(plain), "--operation.type", "info")
    assert "Total episode: 3" in said and "36" in said


def test_lerobots_editor_removes_a_feature_and_keeps_where_an_episode_came_from(plain, tmp_path):
    place = tmp_path / "less"
    new = ("--new_repo_id", "simgen/less", "--new_root", str(place))
    what = ("--operation.type", "remove_feature", "--operation.feature_names", '["gt.joint_torque"]')
    lerobot("edit-dataset", "--repo_id", "simgen/demo", "--root", str(plain), *new, *what)
    assert LeRobotDataset("simgen/less", root=place, video_backend="pyav").meta.episodes[2]["simgen/episode"] == 3
