"""Body ids as colours."""

import numpy as np

from simgen.errors import InvalidValue

# Chosen once, greedily farthest from each other and from black in OKLab (Ottosson 2020). Datasets and world models rely
# on them: append nothing, change nothing.
_FIRST_64 = (
    "f0782d 6987a5 00ff00 ff00ff 0000ff c3f0ff 96000f 8700b4 006900 ffd200 00b44b e196e1 e10f78 3c4b78 00c3ff 9669ff "
    "966900 a5c396 1effc3 1e69e1 964b78 ffb4a5 d23c0f 96d20f 691eff c32dc3 694b2d c37896 008769 b49600 c3ff4b ff5ab4 "
    "4b2db4 2d96ff 2db4a5 b4c3ff a500ff 870f69 e1f0a5 ffa51e 9696e1 69e1e1 785ac3 d269f0 ffc3ff ff4b5a 698700 0f5a4b "
    "3cd287 ff8796 c39678 b4005a 4b6996 789669 a5e187 f00fb4 87b4c3 5a692d 693c5a 00d200 a51e96 964b3c ff78ff a569c3"
)
_PALETTE = np.array([[0, 0, 0]] + [list(bytes.fromhex(colour)) for colour in _FIRST_64.split()], dtype=np.uint8)
# An odd factor permutes the 24-bit numbers, so no two ids beyond the palette share a colour.
_SCATTER = 0x9E3779


def segmentation_colours(ids: np.ndarray) -> np.ndarray:
    """Colours of body ids, uint8, (..., 3), for integer ids, (...); 0 is black.

    The colour of an id is always the same; the first 64 are well apart.

    Raises:
        InvalidValue: if an id is negative.
    """
    ids = np.asarray(ids)
    if ids.size and ids.min() < 0:
        raise InvalidValue("a body id", int(ids.min()), "0 or greater")
    colours = _PALETTE[np.minimum(ids, len(_PALETTE) - 1)]
    beyond = ids >= len(_PALETTE)
    if beyond.any():
        scattered = ids[beyond].astype(np.int64) * _SCATTER & 0xFFFFFF
        colours[beyond] = np.stack([scattered >> 16, scattered >> 8 & 0xFF, scattered & 0xFF], axis=-1)
    return colours


def shaded_segmentation(instance: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Segmentation colours under a lamp on the camera, uint8, (H, W, 3).

    Half of the colour is always there; the other half is Lambert's cosine, so that shapes show within one id.
    """
    shade = 0.5 + 0.5 * np.clip(-normal[..., 2:], 0, 1)
    return np.rint(segmentation_colours(instance) * shade).astype(np.uint8)
