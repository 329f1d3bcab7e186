"""Segmentations as logs have them, ids or colours, become ids."""

from functools import lru_cache

import numpy as np

from simgen.controls import segmentation_colours
from simgen.errors import BadRecording
from simgen.importing.track import Track, described

MOST = 4096
"""Colours of an episode beyond which they are not ids: so many has a picture with light in it, or one that was compressed."""


def ids(track: Track) -> Track:
    """Ids, int32, (H, W), 0 for background.

    Integers are ids as they are. Of colours, black and what is fully transparent are 0, and the others are numbered from 1 in the order
    of their red, green, blue and opacity, over all frames of the track: the same colours are the same ids in all logs that have them.
    Where all are of SimGen's own palette, as in what `simgen export` writes, the ids are those that the colours stand for.

    Raises:
        BadRecording: where the frames are neither, or have too many colours to be ids; here, but for integers that are negative.
    """
    first = track[0]
    if _whole(first):
        return track.then(lambda array: _numbers(track.place, array))
    if not _coloured(first):
        raise BadRecording(track.place, f"{described(first)} is no segmentation: integer ids, (H, W), or colours, uint8, (H, W, 3 or 4)")
    known = np.zeros(0, np.uint32)
    for frame in range(len(track)):
        known = np.union1d(known, _packed(track.place, track[frame]))
        if len(known) > MOST:
            raise BadRecording(track.place, f"more than {MOST} colours, as compressed films and pictures with light have, and ids have not")
    known = known[known > 0]
    number = _own(known) or {int(colour): 1 + rank for rank, colour in enumerate(known)}
    table = np.array([number[int(colour)] for colour in known], np.int32)

    def numbered(array: np.ndarray) -> np.ndarray:
        packed = _packed(track.place, array)
        if not len(known):
            return np.zeros(packed.shape, np.int32)
        return np.where(packed > 0, table[np.searchsorted(known, packed).clip(max=len(known) - 1)], 0).astype(np.int32)

    return track.then(numbered)


def _whole(array: np.ndarray) -> bool:
    return np.issubdtype(array.dtype, np.integer) and (array.ndim == 2 or (array.ndim == 3 and array.shape[-1] == 1))


def _coloured(array: np.ndarray) -> bool:
    right = array.dtype == np.uint8 or np.issubdtype(array.dtype, np.floating)
    return right and array.ndim == 3 and array.shape[-1] in (3, 4)


def _numbers(place: str, array: np.ndarray) -> np.ndarray:
    if not _whole(array):
        raise BadRecording(place, f"{described(array)} among frames that are ids, (H, W)")
    if array.min() < 0 or array.max() > np.iinfo(np.int32).max:
        raise BadRecording(place, f"{int(array.min())} to {int(array.max())} are no ids, which are from 0, for background, to 2147483647")
    return array.reshape(array.shape[:2]).astype(np.int32)


def _packed(place: str, array: np.ndarray) -> np.ndarray:
    """Colours as numbers, uint32, (H, W), 0 for black and for what is transparent."""
    if not _coloured(array):
        raise BadRecording(place, f"{described(array)} among frames that are colours, (H, W, 3 or 4)")
    if array.dtype != np.uint8:  # Isaac Lab's images may be shares of 1
        array = np.rint(255 * np.nan_to_num(array).clip(0, 1))
    red, green, blue, *opacity = np.moveaxis(array.astype(np.uint32), -1, 0)
    packed = red << 24 | green << 16 | blue << 8
    seen = opacity[0] if opacity else np.full_like(red, 255)
    return np.where((packed > 0) & (seen > 0), packed | seen, 0).astype(np.uint32)


def _own(known: np.ndarray) -> dict[int, int]:
    """Colour to the id it stands for, where all are of SimGen's palette; else nothing."""
    palette = _palette()
    return {int(colour): palette[int(colour)] for colour in known} if {int(colour) for colour in known} <= palette.keys() else {}


@lru_cache(maxsize=1)
def _palette() -> dict[int, int]:
    numbers = np.arange(1, 256)
    return dict(zip(_packed("", segmentation_colours(numbers)[None]).ravel().tolist(), numbers.tolist(), strict=True))
