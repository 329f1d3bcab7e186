"""The videos of one episode, encoded by LeRobot's own encoder, waiting for the dataset they will be part of."""

import json
import logging
import queue
import shutil
import tempfile
from pathlib import Path
from typing import Literal

import av
import av.logging
import numpy as np
from lerobot.configs import DepthEncoderConfig, RGBEncoderConfig
from lerobot.datasets.video_utils import StreamingVideoEncoder

from simgen.dataset.episode import Episode
from simgen.errors import InvalidValue

Labels = Literal["none", "lerobot"]
"""`lerobot` adds depth and segmentation as features that LeRobot itself reads."""

DEPTH_MAX = 8.0
"""Metres; 4095 steps of 1.95 mm. What is farther, and the background, reads as this."""
DEPTH_ERROR = 0.001
"""Metres; the depth video is off by at most half a step, 0.98 mm."""
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

    Raises:
        InvalidValue: if an episode is shorter than two frames or a camera's size is odd, which the codec cannot hold.
    """
    if len(episode) < 2:
        raise InvalidValue("an episode", f"{len(episode)} frames long", "at least two frames long")
    _hush()
    seen = episode.trajectory.observations
    for camera, views in seen.items():
        height, width = views[0].depth.shape
        if height % 2 or width % 2:
            raise InvalidValue(f"the size of camera {camera}", f"{width}x{height}", "even in both directions, because the video is")
    depths = [f"{KEY}{camera}_depth" for camera in seen] if labels == "lerobot" else []
    encoder = WaitingEncoder(episode.scene.control_rate, RGB, DEPTH, queue_maxsize=8, encoder_threads=1)
    with tempfile.TemporaryDirectory(dir=folder) as aside:
        encoder.start_episode([KEY + camera for camera in seen] + depths, Path(aside), depths)
        try:
            for t in range(len(episode)):
                for camera, views in seen.items():
                    encoder.feed_frame(KEY + camera, episode.clips[camera].frames[t])
                    if depths:
                        encoder.feed_frame(f"{KEY}{camera}_depth", np.minimum(views[t].depth, np.float32(DEPTH_MAX))[..., None])
            made = encoder.finish_episode()
        finally:
            encoder.close()
        for key, (file, _) in made.items():
            file.rename(folder / f"{key.removeprefix(KEY)}.mp4")
    statistics = {key: {name: value.tolist() for name, value in numbers.items()} for key, (_, numbers) in made.items()}
    (folder / STATISTICS).write_text(json.dumps(statistics))


def _hush() -> None:
    """What goes wrong is raised; libx264 also reports on every file it finishes, and LeRobot logs what it raises."""
    av.logging.set_libav_level(av.logging.FATAL)
    logging.getLogger("lerobot.datasets.video_utils").setLevel(logging.CRITICAL)


def frames_of(file: Path) -> int:
    """How many pictures a video file holds: those that are there, whatever its header says."""
    with av.open(str(file)) as video:
        return sum(packet.size > 0 for packet in video.demux(video=0))


class WaitingEncoder(StreamingVideoEncoder):
    """LeRobot's encoder drops a frame when its queue is full for a tenth of a second; this one waits."""

    def feed_frame(self, video_key: str, image: np.ndarray) -> None:
        """Hand a frame to the encoder of one camera.

        Raises:
            RuntimeError: if that encoder stopped.
        """
        while self._threads[video_key].is_alive():
            try:
                self._frame_queues[video_key].put(image, timeout=1.0)
                return
            except queue.Full:
                continue
        raise RuntimeError(f"the encoder of {video_key} stopped: {self._result_queues[video_key].get_nowait()[1]}")


class ReadyVideos(StreamingVideoEncoder):
    """Stands where LeRobot's writer has its encoder, and hands it videos that are already there."""

    def __init__(self, fps: int):
        super().__init__(fps, RGB, DEPTH)
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
