"""The same episode in the rerun viewer, in three dimensions."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from simgen.controls import clip_controls, segmentation_colours
from simgen.dataset import Episode
from simgen.errors import MissingExtra
from simgen.observation import Observation, State

try:
    import rerun as rr
except ImportError as error:
    raise MissingExtra("rerun", "viewer") from error


def view_rerun(episode: Episode, out: Path | None = None) -> None:
    """Open an episode in rerun, or write it to a file (`.rrd`) that rerun opens: cameras, maps, bodies, plots and captions.

    Raises:
        MissingExtra: on import, where rerun is not installed.
    """
    rr.init(f"simgen {episode.scene.name}", recording_id=f"{episode.scene.sha256[:16]}-{episode.scene.episode}", spawn=out is None)
    if out is not None:
        rr.save(out)
    rr.log("world", rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
    rr.log("/", rr.AnnotationContext(_names(episode)), static=True)
    for number, state in enumerate(episode.trajectory.states):
        _at(number, state.time_ns)
        _log_state(episode, state)
    for name, seen in episode.trajectory.observations.items():
        _log_camera(episode, name, seen)
    for part in episode.subtasks:
        _at(part.start, episode.trajectory.states[part.start].time_ns)
        rr.log("caption", rr.TextLog(part.text))
    rr.disconnect()


def _at(frame: int, time_ns: int) -> None:
    rr.set_time("frame", sequence=frame)
    rr.set_time("time", duration=np.timedelta64(time_ns, "ns"))


def _names(episode: Episode) -> list[tuple[int, str, tuple[int, int, int]]]:
    bases = [link for link in episode.links if link.index == 0]
    return [(link.body, link.name, tuple(map(int, segmentation_colours(np.array(link.body))))) for link in bases]


def _log_state(episode: Episode, state: State) -> None:
    for row, link in enumerate(episode.links):
        pose = state.pose(row)
        path = f"world/bodies/{link.name.replace('/', '.')}"  # a slash would carry the link along with its base
        rr.log(path, rr.Transform3D(translation=pose.position, quaternion=pose.xyzw))
        rr.log(path, rr.Points3D([(0, 0, 0)], radii=0.01, class_ids=link.body))
    touching = state.contacts
    arrows = rr.Arrows3D(origins=touching.position, vectors=touching.normal * touching.force[:, None] * 0.01)  # 1 cm a newton
    rr.log("world/contacts", arrows)
    rr.log("contact_force", rr.Scalars(float(np.abs(touching.force).sum())))
    rr.log("progress", rr.Scalars(state.progress))
    rr.log("gripper", rr.Scalars(state.gripper))
    for name, position in zip(episode.joint_names, state.joint_position, strict=True):
        rr.log(f"joints/{name}", rr.Scalars(position))


def _log_camera(episode: Episode, name: str, seen: Sequence[Observation]) -> None:
    path = f"world/cameras/{name}"
    clip = episode.clips.get(name)
    for number, (observation, maps) in enumerate(zip(seen, clip_controls(seen), strict=True)):
        _at(number, observation.time_ns)
        view = observation.view
        lens = view.intrinsics
        rr.log(path, rr.Transform3D(translation=view.world_T_camera.position, quaternion=view.world_T_camera.xyzw))
        rr.log(path, rr.Pinhole(image_from_camera=lens.K, resolution=(lens.width, lens.height), camera_xyz=rr.ViewCoordinates.RDF))
        if clip is not None:
            rr.log(f"{path}/rgb", rr.Image(clip.frames[number]).compress(90))
        depth = np.where(np.isfinite(observation.depth), observation.depth, 0)
        rr.log(f"{path}/depth", rr.DepthImage(depth, meter=1.0))
        rr.log(f"{path}/segmentation", rr.SegmentationImage(observation.instance.astype(np.uint16)))
        rr.log(f"{path}/edges", rr.Image(maps.edge))
