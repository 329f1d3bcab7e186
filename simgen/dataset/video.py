"""The videos of one episode, encoded as LeRobot would, waiting for the dataset they will be part of."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import av.logging
import numpy as np
from lerobot.configs import DepthEncoderConfig, RGBEncoderConfig, VideoEncoderConfig
from lerobot.configs.video import DEPTH_QMAX
from lerobot.datasets.depth_utils import quantize_depth
from lerobot.datasets.video_utils import StreamingVideoEncoder
from PIL import Image

from simgen.dataset.episode import Episode
from simgen.dataset.levels import statistics
from simgen.errors import InvalidValue
from simgen.observation import Observation
from simgen.world import Clip

Labels = Literal["none", "lerobot"]
"""`lerobot` adds depth and segmentation as features that LeRobot itself reads."""

DEPTH_MAX = 8.0
"""Metres; 4095 steps of 1.95 mm. What is farther, and the background, reads as this."""
DEPTH_ERROR = 0.001
"""Metres; the depth video is off by at most half a step, 0.98 mm."""
DEPTH_STEP = DEPTH_MAX / DEPTH_QMAX
RGB = RGBEncoderConfig(vcodec="h264", crf=18, preset="veryfast", g=2)
DEPTH = DepthEncoderConfig(
    depth_min=0.0,
    depth_max=DEPTH_MAX,
    use_log=False,
    preset="ultrafast",
    extra_options={"x265-params": "lossless=1:log-level=error"},
)
KEY = "observation.images."
STATISTICS = "statistics.json"


def encode(folder: Path, episode: Episode, labels: Labels = "none") -> None:
    """Write `<camera>.mp4`, with labels `<camera>_depth.mp4` too, and what LeRobot wants to know of their pixels.

    The videos are those of LeRobot's own encoder, byte by byte, made without its queue, which drops frames, and without
    its statistics, which take five times as long as the encoding.

    Raises:
        InvalidValue: if an episode is shorter than two frames or a camera's size is odd, which the codec cannot hold.
    """
    encode_clips(folder, episode.scene.control_rate, episode.clips, episode.trajectory.observations, labels)


def encode_clips(
    folder: Path, rate: int, clips: Mapping[str, Clip], seen: Mapping[str, Sequence[Observation]], labels: Labels = "none"
) -> None:
    """What `encode` does, of some cameras' clips and what these saw."""
    for camera, views in seen.items():
        if len(views) < 2:
            raise InvalidValue("an episode", f"{len(views)} frames long", "at least two frames long")
        height, width = views[0].depth.shape
        if height % 2 or width % 2:
            raise InvalidValue(f"the size of camera {camera}", f"{width}x{height}", "even in both directions, because the video is")
    _hush()
    numbers = {}
    for camera, views in seen.items():
        frames = clips[camera].frames
        _video(folder / f"{camera}.mp4", map(av.VideoFrame.from_ndarray, frames), rate, RGB, frames.shape[1:3])
        numbers[KEY + camera] = statistics(sum(map(_colours, frames)))
        if labels == "lerobot":
            depths = [np.minimum(view.depth, np.float32(DEPTH_MAX)) for view in views]
            _video(folder / f"{camera}_depth.mp4", map(_depth_frame, depths), rate, DEPTH, depths[0].shape)
            numbers[f"{KEY}{camera}_depth"] = statistics(sum(map(_distances, depths)), DEPTH_STEP)
    told = {key: {name: value.tolist() for name, value in table.items()} for key, table in numbers.items()}
    (folder / STATISTICS).write_text(json.dumps(told))


def _hush() -> None:
    """What goes wrong is raised; FFmpeg also reports on every file it finishes or joins."""
    av.logging.set_libav_level(av.logging.FATAL)


def _video(file: Path, pictures: Iterator[av.VideoFrame], rate: int, how: VideoEncoderConfig, size: tuple[int, int]) -> None:
    tick = Fraction(1, rate)
    with av.open(str(file), "w") as video:
        stream = video.add_stream(how.vcodec, rate, options=how.get_codec_options(1, as_strings=True))
        stream.pix_fmt, stream.time_base = how.pix_fmt, tick
        stream.height, stream.width = size
        for t, picture in enumerate(pictures):
            picture.pts, picture.time_base = t, tick
            video.mux(stream.encode(picture))
        video.mux(stream.encode())


def _depth_frame(depth: np.ndarray) -> av.VideoFrame:
    return quantize_depth(depth, depth_min=DEPTH.depth_min, depth_max=DEPTH.depth_max, use_log=DEPTH.use_log)


def _colours(frame: np.ndarray) -> np.ndarray:
    """How many pixels of a photograph show each level, (3, 256)."""
    return np.array(Image.fromarray(frame).histogram()).reshape(3, 256)


def _distances(depth: np.ndarray) -> np.ndarray:
    """How many pixels of a depth map show each step, (1, 4096)."""
    steps = np.rint(depth / np.float32(DEPTH_STEP)).astype(np.int64)
    return np.bincount(steps.ravel(), minlength=DEPTH_QMAX + 1)[None]


def frames_of(file: Path) -> int:
    """How many pictures a video file holds: those that are there, whatever its header says."""
    with av.open(str(file)) as video:
        return sum(packet.size > 0 for packet in video.demux(video=0))


class ReadyVideos(StreamingVideoEncoder):
    """Stands where LeRobot's writer has its encoder, and hands it videos that are already there."""

    def __init__(self, fps: int):
        super().__init__(fps, RGB, DEPTH)
        _hush()
        self.folder: Path | None = None
        """Where `encode` wrote the next episode's videos."""

    def start_episode(self, video_keys: list[str], temp_dir: Path, depth_video_keys: list[str] | None = None) -> None:
        """Copy the videos, for the writer moves them away."""
        self._statistics = json.loads((self.folder / STATISTICS).read_text())
        for key in video_keys:
            # a copy, not a hard link: joining videos may write into the file that was there
            place = Path(tempfile.mkdtemp(dir=temp_dir), "ready.mp4")
            shutil.copyfile(self.folder / f"{key.removeprefix(KEY)}.mp4", place)
            self._video_paths[key] = place
        self._episode_active = True

    def feed_frame(self, video_key: str, image: np.ndarray) -> None:
        """The video holds it already."""

    def finish_episode(self) -> dict[str, tuple[Path, dict]]:
        """Videos and the statistics of their pixels, by key."""
        numbers = {key: {name: np.array(value) for name, value in table.items()} for key, table in self._statistics.items()}
        made = {key: (path, numbers[key]) for key, path in self._video_paths.items()}
        self._cleanup()
        self._episode_active = False
        return made
