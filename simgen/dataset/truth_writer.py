"""Writes an episode's physics truth; the layout stands in `truth.py`."""

from collections.abc import Mapping
from pathlib import Path

import h5py
import numpy as np

from simgen.dataset.boxes import boxes_2d, boxes_3d, extents, image_positions, visible_pixels
from simgen.dataset.episode import Episode
from simgen.dataset.truth import CONTACTS, FORMAT, MAPS
from simgen.errors import InvalidValue, ShapeMismatch
from simgen.observation import Observation, State


def write(path: Path, episode: Episode) -> None:
    """Write one episode's truth.

    Args:
        path: where; replaced if it is there.
        episode: its photographs, what the gate said of them and package versions are not part of the truth.

    Raises:
        InvalidValue: if a map holds an id the scene does not know, or a camera drew only now and then or changed its lens.
        ShapeMismatch: if a visibility is not (T, B).
    """
    instants = (*episode.trajectory.states, episode.final)
    # fixed format bounds and no object times: without them the same content could have other bytes
    # and in memory: where the disk is full, HDF5 complains of every object it then cannot close
    memory = {"driver": "core", "backing_store": False, "block_size": 2**24}
    with h5py.File(path, "w", libver=("v110", "v110"), track_order=True, **memory) as file:
        scene = episode.simulated or episode.scene
        file.attrs.update(format=FORMAT, simulator=episode.simulator, scene_sha256=scene.sha256)
        file["scene"] = scene.json
        file["time_ns"] = np.array([state.time_ns for state in instants], np.int64)
        _links(file, episode, instants)
        _robot(file, episode, instants)
        _bodies(file, episode, instants)
        _contacts(file, instants)
        _language(file, episode, instants)
        for camera, seen in episode.trajectory.observations.items():
            _camera(_group(file, f"camera/{camera}"), episode, seen, episode.visibility.get(camera))
        file.flush()
        path.write_bytes(file.id.get_file_image())


def _group(file: h5py.Group, name: str) -> h5py.Group:
    return file.create_group(name, track_order=True)


def _table(file: h5py.Group, name: str, columns: Mapping[str, object]) -> None:
    group = _group(file, name)
    for key, column in columns.items():
        array = np.asarray(column)
        if array.dtype.kind == "U" or (array.size == 0 and key in {"name", "names", "joint_names", "label", "text"}):
            group.create_dataset(key, data=list(column), shape=(len(column),), dtype=h5py.string_dtype())
        else:
            group.create_dataset(key, data=array)


def _stacked(instants: tuple[State, ...], *names: str) -> dict[str, np.ndarray]:
    return {name: np.array([getattr(state, name) for state in instants]) for name in names}


def _links(file: h5py.File, episode: Episode, instants: tuple[State, ...]) -> None:
    columns = {name: [getattr(link, name) for link in episode.links] for name in ("body", "index", "name", "semantic")}
    rows = _stacked(instants, "link_pose", "link_velocity")
    _table(file, "link", columns | {"pose": rows["link_pose"], "velocity": rows["link_velocity"]})


def _robot(file: h5py.File, episode: Episode, instants: tuple[State, ...]) -> None:
    columns = _stacked(instants, "joint_position", "joint_velocity", "joint_torque", "gripper")
    columns["tcp"] = np.array([state.tcp.row for state in instants])
    _table(file, "robot", {"joint_names": list(episode.joint_names)} | columns)
    names = list(instants[0].articulation)
    position = np.array([[state.articulation[name] for name in names] for state in instants], np.float64)
    _table(file, "articulation", {"names": names, "position": position})


def _bodies(file: h5py.File, episode: Episode, instants: tuple[State, ...]) -> None:
    bodies, base = episode.scene.bodies, list(episode.base_links)
    pose = np.array([state.link_pose for state in instants])[:, base]
    velocity = np.array([state.link_velocity for state in instants])[:, base]
    extent = extents(episode.scene)
    boxes = [boxes_3d(box, pose[:, row]) for row, box in enumerate(extent)]
    fixed = {
        "id": np.array([body.id for body in bodies], np.int64),
        "name": [body.name for body in bodies],
        "label": [body.label for body in bodies],
        "semantic": np.array([episode.links[row].semantic for row in base], np.int64),
        "restitution": np.array([body.restitution for body in bodies], np.float64),
        "extent": extent,
    }
    moving = {"position": pose[..., :3], "orientation_wxyz": pose[..., 3:]}
    moving |= {"linear_velocity": velocity[..., :3], "angular_velocity": velocity[..., 3:]}
    moving["box_3d"] = np.stack(boxes, axis=1) if boxes else np.zeros((len(instants), 0, 8, 3))
    _table(file, "body", fixed | _stacked(instants, "mass", "friction") | moving)


def _contacts(file: h5py.File, instants: tuple[State, ...]) -> None:
    counts = [len(state.contacts) for state in instants]
    columns = {name: np.concatenate([getattr(state.contacts, name) for state in instants]) for name in CONTACTS}
    first_row = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    _table(file, "contact", {"first_row": first_row, "frame": np.repeat(np.arange(len(instants)), counts)} | columns)


def _language(file: h5py.File, episode: Episode, instants: tuple[State, ...]) -> None:
    _table(file, "action", {"names": list(episode.action_names), "value": episode.trajectory.actions})
    _table(file, "task", _stacked(instants, "progress", "success"))
    start, stop = (np.array([getattr(part, end) for part in episode.subtasks], np.int64) for end in ("start", "stop"))
    time_ns = file["time_ns"][:]
    spans = {"start": start, "stop": stop, "start_ns": time_ns[start], "stop_ns": time_ns[stop]}
    _table(file, "subtask", spans | {"text": [part.text for part in episode.subtasks]})


def _camera(group: h5py.Group, episode: Episode, seen: tuple[Observation, ...], visibility: np.ndarray | None) -> None:
    view, ids = seen[0].view, tuple(body.id for body in episode.scene.bodies)
    if any(frame.view.intrinsics != view.intrinsics for frame in seen):
        raise InvalidValue(f"the lens of camera {view.name}", "changing", "the same throughout an episode")
    shape = (len(seen), len(ids))
    if visibility is None:
        visibility = np.full(shape, np.nan)
    if visibility.shape != shape:
        raise ShapeMismatch(f"visibility of camera {view.name}", visibility.shape, "the episode", shape)
    lens = view.intrinsics
    group.attrs.update(width=lens.width, height=lens.height, near=view.near, far=view.far)
    group["K"], group["distortion"] = lens.K, np.array(lens.distortion, np.float64)
    group["time_ns"] = np.array([frame.time_ns for frame in seen], np.int64)
    group["world_T_camera"] = np.array([frame.view.world_T_camera.row for frame in seen])
    group["box_2d"] = np.array([boxes_2d(frame.instance, ids) for frame in seen])
    group["visible_pixels"] = np.array([visible_pixels(frame.instance, ids) for frame in seen])
    group["visibility"] = visibility.astype(np.float32)
    positions = group.file["body/position"][: len(seen)]
    group["image_position"] = np.array([image_positions(frame.view, at) for frame, at in zip(seen, positions, strict=True)])
    _maps(group, episode, seen)


def _maps(group: h5py.Group, episode: Episode, seen: tuple[Observation, ...]) -> None:
    most = {"instance": max(link.body for link in episode.links), "semantic": 255}
    most["link"] = -1 - max(link.index for link in episode.links)
    for name in MAPS:
        frames = [getattr(frame, name) for frame in seen]
        if all(frame is None for frame in frames):
            continue
        if any(frame is None for frame in frames):
            raise InvalidValue(f"{name} of camera {seen[0].view.name}", "drawn only now and then", "drawn at every frame or at none")
        dtype = np.min_scalar_type(most[name]) if name in most else frames[0].dtype
        chunk = (1, *frames[0].shape)
        shape = (len(frames), *frames[0].shape)
        data = group.create_dataset(name, shape, dtype, chunks=chunk, compression="gzip", compression_opts=1, shuffle=True)
        for t, frame in enumerate(frames):
            if name in most and not (np.iinfo(dtype).min <= frame.min() and frame.max() <= np.iinfo(dtype).max):
                raise InvalidValue(f"{name} of camera {seen[0].view.name}", int(np.abs(frame).max()), "an id of the scene's link table")
            data[t] = frame.astype(dtype, copy=False)
