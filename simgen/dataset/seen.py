"""Writes what cameras saw, and rows of numbers, where nobody knows the Scene; the layout stands in `truth.py`."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import h5py
import numpy as np

from simgen.dataset.truth import FORMAT, IDS, MAPS
from simgen.errors import InvalidValue
from simgen.observation import Observation


class SeenWriter:
    """A truth file of cameras alone, in a `with` block; it is written when that is left, unless by an exception.

    Args:
        path: where; replaced if it is there.
        simulator: who said so.
        length: frames, T.
        rows: numbers by key, (T, ...) each; `action` is the actions.
    """

    def __init__(self, path: Path, simulator: str, length: int, rows: Mapping[str, np.ndarray]):
        self._path, self._length = path, length
        # as in truth_writer.py: the same content has the same bytes, and a full disk complains once
        memory = {"driver": "core", "backing_store": False, "block_size": 2**24}
        self._file = h5py.File(path, "w", libver=("v110", "v110"), track_order=True, **memory)
        self._file.attrs.update(format=FORMAT, simulator=simulator)
        self._group("action")["value"] = rows.get("action", np.zeros((length, 0)))
        recorded = self._group("recorded")
        for key, row in rows.items():
            recorded[key] = row

    def __enter__(self) -> "SeenWriter":
        return self

    def __exit__(self, kind, *_) -> None:
        self._file.flush()
        image = self._file.id.get_file_image()
        self._file.close()
        if kind is None:
            self._path.write_bytes(image)

    def camera(self, name: str, seen: Iterable[Observation]) -> None:
        """Write what a camera saw at every frame, each asked for once.

        Raises:
            InvalidValue: if its lens changes.
        """
        group, lens = self._group(f"camera/{name}"), None
        times, poses = [], []
        for t, one in enumerate(seen):
            if lens is None:
                lens = one.view.intrinsics
                group.attrs.update(width=lens.width, height=lens.height, near=one.view.near, far=one.view.far)
                group["K"], group["distortion"] = lens.K, np.array(lens.distortion, np.float64)
                maps = {key: self._map(group, key, getattr(one, key)) for key in MAPS if getattr(one, key) is not None}
            if one.view.intrinsics != lens:
                raise InvalidValue(f"the lens of camera {name}", "changing", "the same throughout an episode")
            for key, data in maps.items():
                data[t] = getattr(one, key)
            times.append(one.time_ns)
            poses.append(one.view.world_T_camera.row)
        group["time_ns"], group["world_T_camera"] = np.array(times, np.int64), np.array(poses)

    def _group(self, name: str) -> h5py.Group:
        return self._file.create_group(name, track_order=True)

    def _map(self, group: h5py.Group, name: str, first: np.ndarray) -> h5py.Dataset:
        dtype = np.int32 if name in IDS else first.dtype  # which ids there will be, nobody knows yet
        shape, chunk = (self._length, *first.shape), (1, *first.shape)
        return group.create_dataset(name, shape, dtype, chunks=chunk, compression="gzip", compression_opts=1, shuffle=True)
