"""Logs as other simulators write them, made of exact arrays that no simulator is needed for."""

import json
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
from analytic import episode
from PIL import Image

from simgen.observation import Observation

FRAMES, RATE = 6, 20
ACTIONS = np.random.default_rng(1).normal(size=(FRAMES, 4))
STATE = np.random.default_rng(2).normal(size=(FRAMES, 8))
COLOURS = {0: (0, 0, 0, 0), 1: (204, 110, 248, 255), 2: (255, 237, 218, 255), 3: (120, 230, 255, 255), 4: (255, 36, 66, 255)}
"""RGBA of the five ids of the analytic scene."""


def seen(frames: int = FRAMES, size=(64, 48)) -> dict[str, tuple[Observation, ...]]:
    """Camera to what it sees: a still `front` and a moving `wrist`."""
    return episode(frames, size).trajectory.observations


def stacked(frames: Sequence[Observation], name: str) -> np.ndarray:
    return np.stack([getattr(frame, name) for frame in frames])


def coloured(instance: np.ndarray) -> np.ndarray:
    """RGBA of ids, uint8, (..., 4)."""
    return np.array([COLOURS[number] for number in range(5)], np.uint8)[instance]


def cameras(views: dict[str, tuple[Observation, ...]], **more) -> dict:
    """What `cameras.json` says of them."""
    told = {}
    for camera, frames in views.items():
        poses = [frame.view.world_T_camera.matrix.tolist() for frame in frames]
        told[camera] = {"intrinsics": frames[0].view.intrinsics.K.tolist(), "world_T_camera": poses}
    return {"fps": RATE, "cameras": told} | more


def cosmos_writer(folder: Path, frames: Sequence[Observation]) -> Path:
    """A clip as CosmosWriter 0.0.2 writes it: distance, not depth, in logarithmic grey; RGBA everywhere."""
    clip = folder / "clip_0000"
    for number, frame in enumerate(frames):
        distance = frame.depth * np.linalg.norm(frame.view.intrinsics.rays(), axis=-1)
        share = np.log((np.clip(distance, 0.1, 100.0) + 1e-5) / 0.1) / np.log(1000.0)
        grey = np.where(np.isfinite(distance), (1 - share) * 255, 0).astype(np.uint8)
        opaque = np.full_like(grey, 255)
        pictures = {
            "rgb": np.dstack([frame.rgb, opaque]),
            "depth": np.dstack([grey, grey, grey, opaque]),
            "segmentation": coloured(frame.instance),
        }
        for name, picture in pictures.items():
            (clip / name).mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(clip / name / f"{name}_{number:04d}.png")
    return folder


def isaaclab(file: Path, views: dict[str, tuple[Observation, ...]], demos: int = 1) -> Path:
    """As Isaac Lab's recorders do: 0 where nothing is, colours, states after each step."""
    with h5py.File(file, "w") as log:
        data = log.create_group("data")
        sim_args = {"dt": 0.01, "decimation": 5, "render_interval": 5, "num_envs": 1}
        data.attrs["env_args"] = json.dumps({"env_name": "Isaac-Stack-Cube-v0", "type": 2, "sim_args": sim_args})
        data.attrs["total"] = demos * FRAMES
        for number in range(demos):
            demo = data.create_group(f"demo_{number}")
            demo.attrs.update(num_samples=FRAMES, success=True, seed=7)
            demo["actions"] = ACTIONS.astype(np.float32)
            demo["obs/joint_pos"] = STATE.astype(np.float32)
            for camera, frames in views.items():
                depth = stacked(frames, "depth")
                demo[f"obs/{camera}"] = stacked(frames, "rgb")
                demo[f"obs/{camera}_depth"] = np.where(np.isfinite(depth), depth, 0)[..., None]
                demo[f"obs/{camera}_segmentation"] = coloured(stacked(frames, "instance"))
                demo[f"obs/{camera}_normals"] = stacked(frames, "normal")
            demo["initial_state/articulation/robot/joint_position"] = STATE[:1]
            demo["states/articulation/robot/joint_position"] = np.concatenate([STATE[1:], STATE[:1]])
            demo["states/rigid_object/cube_1/root_pose"] = np.arange(FRAMES * 7, dtype=np.float32).reshape(FRAMES, 7)
    return file


def robomimic(file: Path, views: dict[str, tuple[Observation, ...]], hand: np.ndarray | None = None) -> Path:
    """As robomimic does: a fixed camera `agentview` and one in the hand, whose extrinsics lead through the hand's first pose.

    Args:
        file: where.
        views: `agentview` and `robot0_eye_in_hand`.
        hand: world_T_eef, (T, 7), position and quaternion x, y, z, w.
    """
    with h5py.File(file, "w") as log:
        data = log.create_group("data")
        kwargs = {"control_freq": 20, "robots": ["Panda"]}
        data.attrs["env_args"] = json.dumps({"env_name": "Lift", "type": 1, "env_kwargs": kwargs})
        demo = data.create_group("demo_0")
        demo.attrs.update(num_samples=FRAMES, ep_meta=json.dumps({"lang": "lift the cube"}))
        demo["actions"], demo["states"] = ACTIONS, np.zeros((FRAMES, 32))
        demo["rewards"], demo["dones"] = np.linspace(0, 1, FRAMES), np.arange(FRAMES) == FRAMES - 1
        demo["obs/robot0_joint_pos"], demo["obs/robot0_gripper_qpos"] = STATE[:, :7], STATE[:, 6:]
        info = {}
        for camera, frames in views.items():
            demo[f"obs/{camera}_image"] = stacked(frames, "rgb")
            demo[f"obs/{camera}_depth"] = np.minimum(stacked(frames, "depth"), 174.0)[..., None]  # the far plane
            demo[f"obs/{camera}_segmentation_instance"] = stacked(frames, "instance")[..., None]
            extrinsics = frames[0].view.world_T_camera.matrix
            if "eye_in_hand" in camera and hand is not None:
                extrinsics = extrinsics @ np.linalg.inv(matrix(hand[0]))
            info[camera] = {"intrinsics": frames[0].view.intrinsics.K.tolist(), "extrinsics": extrinsics.tolist()}
        if hand is not None:
            demo["obs/robot0_eef_pos"], demo["obs/robot0_eef_quat_site"] = hand[:, :3], hand[:, 3:]
        demo.attrs["camera_info"] = json.dumps(info)
    return file


def matrix(row: np.ndarray) -> np.ndarray:
    """Of position and quaternion x, y, z, w, (4, 4)."""
    x, y, z, w = row[3:]
    pose = np.eye(4)
    pose[:3, 3] = row[:3]
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    pose[:3, :3] += 2 * w * cross + 2 * cross @ cross  # Rodrigues
    return pose


def folder(place: Path, views: dict[str, tuple[Observation, ...]], told: dict | None = None) -> Path:
    """SimGen's plain folder: PNG pictures, floating depth, ids as 16-bit PNG."""
    for camera, frames in views.items():
        for name in ("rgb", "segmentation"):
            (place / camera / name).mkdir(parents=True)
        for number, frame in enumerate(frames):
            Image.fromarray(frame.rgb).save(place / camera / f"rgb/{number:06d}.png")
            Image.fromarray(frame.instance.astype(np.uint16)).save(place / camera / f"segmentation/{number:06d}.png")
        np.save(place / camera / "depth.npy", stacked(frames, "depth"))
    np.save(place / "action.npy", ACTIONS)
    np.save(place / "state.npy", STATE)
    (place / "cameras.json").write_text(json.dumps(cameras(views, task="push the cube") if told is None else told))
    return place


def archive(file: Path, views: dict[str, tuple[Observation, ...]], episodes: int = 1, **more: str) -> Path:
    """SimGen's plain HDF5, with whatever else of an Observation is named: array in the file to field."""
    with h5py.File(file, "w") as log:
        log.attrs.update(fps=RATE, task="push the cube")
        for number in range(episodes):
            group = log.create_group(f"episode_{number}")
            group["action"], group["state"] = ACTIONS + number, STATE
            for camera, frames in views.items():
                arrays = {"rgb": "rgb", "depth": "depth", "segmentation": "instance"} | more
                for name, field in arrays.items():
                    group[f"{camera}/{name}"] = stacked(frames, field)
                group[f"{camera}/intrinsics"] = frames[0].view.intrinsics.K
                group[f"{camera}/world_T_camera"] = np.stack([frame.view.world_T_camera.matrix for frame in frames])
    return file
