"""What the network looks at, beside the same said once more in numpy and torch."""

import numpy as np
import torch
from test_neural import seen
from torch.nn import functional as F

from simgen.world.neural.denoise import carried
from simgen.world.neural.nearby import edges


def test_outlines_and_folds_are_those_between_neighbours():
    observation = seen()
    found = edges(observation)
    padded = np.pad(observation.instance, 1, mode="edge")
    middle = padded[1:-1, 1:-1]
    steps = [padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]]
    assert np.array_equal(found[..., 0] == 1, np.any([step != middle for step in steps], 0))
    folds = 1 - (observation.normal[:, :-1] * observation.normal[:, 1:]).sum(-1)
    assert (found[:, :-1, 1] >= np.minimum(folds, 1) - 1e-6).all() and (found[:, 1:, 1] >= np.minimum(folds, 1) - 1e-6).all()


def test_the_last_frame_is_carried_as_torch_samples_it():
    rng = np.random.default_rng(4)
    last, flow = rng.random((36, 50, 3), dtype=np.float32), rng.normal(0, 12, (36, 50, 2)).astype(np.float32)
    flow[rng.random((36, 50)) < 0.2] = np.nan
    known = np.isfinite(flow).all(-1)
    v, u = np.indices(known.shape, dtype=np.float32)
    place = np.where(known[..., None], np.stack([u, v], -1) + flow + 0.5, 0) * np.float32([2 / 50, 2 / 36]) - 1
    image = torch.from_numpy(last).permute(2, 0, 1)[None]
    grid = torch.from_numpy(place.astype(np.float32))[None]
    theirs = F.grid_sample(image, grid, padding_mode="border", align_corners=False)[0].permute(1, 2, 0).numpy()
    ours = carried(last, flow)
    assert np.array_equal(ours[..., 3], known) and not ours[~known].any()
    assert np.allclose(ours[known][:, :3], theirs[known], atol=2e-5)
