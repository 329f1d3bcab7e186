"""The truth file holds an episode to the last bit, and its bytes depend on nothing else."""

import hashlib
import subprocess
import sys
import time
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from pyquaternion import Quaternion
from synthetic import EYES, synthetic

from simgen.dataset import truth
from simgen.dataset.boxes import boxes_2d, boxes_3d
from simgen.dataset.truth_writer import write
from simgen.errors import DamagedDataset, InvalidValue, ShapeMismatch

HERE = Path(__file__).parent


def assert_same(one, other, where="episode"):
    """Bit for bit, dtypes included."""
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes(), where
    elif isinstance(one, Quaternion):
        assert_same(one.elements, other.elements, where)
    elif is_dataclass(one):
        for field in fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name), f"{where}.{field.name}")
    elif isinstance(one, dict):
        assert list(one) == list(other), where
        for key in one:
            assert_same(one[key], other[key], f"{where}[{key}]")
    elif isinstance(one, tuple | list):
        assert len(one) == len(other), where
        for number, pair in enumerate(zip(one, other, strict=True)):
            assert_same(*pair, f"{where}[{number}]")
    elif isinstance(one, float):
        assert np.float64(one).tobytes() == np.float64(other).tobytes(), where
    else:
        assert type(one) is type(other) and one == other, where


@pytest.fixture(scope="module")
def episode():
    return synthetic(6)


@pytest.fixture
def file(tmp_path, episode) -> Path:
    write(tmp_path / "truth.h5", episode)
    return tmp_path / "truth.h5"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_is_read_back_is_what_was_written_bit_for_bit(episode, file):
    assert_same(truth.read(file), replace(episode, clips={}, versions={}))


def test_a_scene_reads_back_with_its_identity(episode, file):
    with truth.Truth(file) as read:
        assert read.scene.sha256 == episode.scene.sha256 and read.scene.json == episode.scene.json


def test_bytes_depend_on_neither_folder_nor_clock_nor_what_was_written_before(tmp_path, file):
    time.sleep(1.1)  # HDF5's clock ticks in seconds
    for draw in range(7):
        write(tmp_path / f"{draw}.h5", synthetic(draw))
    assert digest(tmp_path / "6.h5") == digest(file)


def test_a_fresh_process_writes_the_same_bytes(tmp_path, file):
    code = "from pathlib import Path; from synthetic import synthetic; from simgen.dataset.truth_writer import write; import sys; "
    code += "write(Path(sys.argv[1]), synthetic(6))"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "fresh.h5")], cwd=HERE, check=True)
    assert digest(tmp_path / "fresh.h5") == digest(file)


def test_another_seed_is_another_truth(tmp_path, file):
    write(tmp_path / "other.h5", synthetic(6, seed=1))
    assert digest(tmp_path / "other.h5") != digest(file)


def test_any_hdf5_reads_the_maps(file, episode):
    with h5py.File(file) as opened:
        depth = opened["camera/front/depth"]
        assert depth.compression == "gzip" and depth.chunks == (1, 64, 64) and depth.dtype == np.float32
        assert opened["camera/front/instance"].dtype == np.uint8 and opened["camera/front/link"].dtype == np.int8


def test_contacts_come_back_to_the_instant_they_belong_to(file, episode):
    with h5py.File(file) as opened:
        first, frame = opened["contact/first_row"][:], opened["contact/frame"][:]
    counts = [len(state.contacts) for state in (*episode.trajectory.states, episode.final)]
    assert np.array_equal(np.diff(first), counts) and np.array_equal(frame, np.repeat(np.arange(len(counts)), counts))


def test_captions_carry_frames_and_times(file, episode):
    with truth.Truth(file) as read:
        stop = read["subtask/stop"][0]
        assert read["subtask/stop_ns"][0] == episode.trajectory.states[stop].time_ns and read.subtasks == episode.subtasks


def test_a_box_in_the_picture_is_tight_and_nan_when_nothing_is_seen():
    ids = np.zeros((5, 7), np.int32)
    ids[1:3, 4] = 2
    assert boxes_2d(ids, (2, 3))[0].tolist() == [4, 1, 5, 3] and np.isnan(boxes_2d(ids, (2, 3))[1]).all()


def test_a_box_in_the_world_is_the_shape_where_the_body_is(file, episode):
    with truth.Truth(file) as read:
        extent, corners = read["body/extent"], read["body/box_3d"]
    assert np.allclose(extent[0], [[-0.04, -0.03, -0.02], [0.04, 0.03, 0.02]])
    pose = episode.trajectory.states[4].pose(2)
    assert np.allclose(pose.inverse().apply(corners[4, 0]).min(axis=0), extent[0, 0])
    assert np.allclose(pose.inverse().apply(corners[4, 0]).max(axis=0), extent[0, 1])


def test_corners_are_numbered_by_the_bits_of_x_y_and_z():
    corners = boxes_3d(np.array([[0.0, 0, 0], [1, 2, 3]]), np.array([[0, 0, 0, 1, 0, 0, 0.0]]))[0]
    assert corners[4].tolist() == [1, 0, 0] and corners[2].tolist() == [0, 2, 0] and corners[1].tolist() == [0, 0, 3]


def test_a_body_appears_where_its_ids_are(file, episode):
    with truth.Truth(file) as read:
        for camera in EYES:
            u, v = read[f"camera/{camera}/image_position"][0].T
            ids = read.observation(camera, 0).instance
            seen = [ids[int(y), int(x)] for x, y in zip(u, v, strict=True) if 0 <= x < 64 and 0 <= y < 64]
            assert set(seen) <= {2, 3, 4} and seen
            counts = read[f"camera/{camera}/visible_pixels"][0]
            assert counts.tolist() == [(ids == body).sum() for body in (2, 3, 4)]


def test_visibility_is_what_the_caller_counted_and_nan_otherwise(tmp_path, episode):
    counted = replace(episode, visibility={"top": np.full((12, 3), 0.5, np.float32)})
    write(tmp_path / "a.h5", counted)
    assert_same(truth.read(tmp_path / "a.h5").visibility, counted.visibility)
    with truth.Truth(tmp_path / "a.h5") as read:
        assert (read["camera/top/visibility"] == 0.5).all() and np.isnan(read["camera/front/visibility"]).all()
    with pytest.raises(ShapeMismatch, match="visibility of camera top"):
        write(tmp_path / "b.h5", replace(episode, visibility={"top": np.ones((3, 3))}))


def test_an_id_that_no_link_has_is_refused(tmp_path, episode):
    front = episode.trajectory.observations["front"]
    wrong = replace(front[0], instance=front[0].instance + 300)
    trajectory = replace(episode.trajectory, observations={"front": (wrong, *front[1:])})
    with pytest.raises(InvalidValue, match="instance of camera front"):
        write(tmp_path / "a.h5", replace(episode, trajectory=trajectory))


def test_a_damaged_file_is_one_sentence(tmp_path, file):
    with pytest.raises(DamagedDataset, match="truth.h5.*generate the dataset again"):
        truth.Truth(tmp_path / "missing" / "truth.h5")
    content = bytearray(file.read_bytes())
    file.write_bytes(content[: len(content) // 2])
    with pytest.raises(DamagedDataset, match="not a readable truth file"):
        truth.read(file)


def test_a_flipped_bit_in_a_map_is_noticed(file):
    with h5py.File(file) as opened:
        place = opened["camera/front/depth"].id.get_chunk_info(0)
    content = bytearray(file.read_bytes())
    content[place.byte_offset + place.size // 2] ^= 0x10
    file.write_bytes(content)
    with truth.Truth(file) as read, pytest.raises(DamagedDataset, match="camera/front/depth"):
        read.observation("front", 0)
