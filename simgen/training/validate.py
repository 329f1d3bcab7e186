"""Validation while training: a few held-out frames through the network, as numbers and as a sheet of pictures."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from simgen.dataset.durable import writing
from simgen.training.packed import Packed, split
from simgen.training.scores import decibels
from simgen.world.neural.buffers import Buffers
from simgen.world.neural.denoise import Sampling, denoised
from simgen.world.neural.network import NeuralShading
from simgen.world.neural.toning import untoned
from simgen.world.tone import printed

FRAMES = 24
"""How many are looked at, spread evenly over the held-out shards."""
SHOWN = 8
"""How many of them are drawn."""


def validated(network: NeuralShading, shards: Iterable[Packed], out: Path, step: int) -> dict[str, float]:
    """Decibels of the cheap photograph and of the network's, both against the path tracer's, and a sheet `validation/STEP.png`.

    Where nothing is held out, pairs that are trained on must do; the names of the numbers then say so.
    """
    shards = list(shards)
    held = [shard for shard in shards if shard.held_out]
    side, chosen = ("held_out", held) if held else ("trained_on", shards)
    places = [(shard, row) for shard in chosen for row in range(len(shard)) if not shard.known[row]]
    places = [places[number] for number in np.unique(np.linspace(0, len(places) - 1, FRAMES).astype(int))]
    scores, rows = [], []
    for shard, row in places:
        maps = split(shard.maps[row].astype(np.float32))
        seen = Buffers({name: np.ascontiguousarray(part) for name, part in maps.items() if name != "history"}, shard.vector[row])
        drawn = denoised(network, [seen], None, Sampling())[0]
        pictures = [_photograph(tone) for tone in (maps["cheap"], drawn, shard.target[row].astype(np.float32))]
        scores.append([decibels(picture, pictures[2]) for picture in pictures[:2]])
        rows.append(np.concatenate([np.rint(maps["albedo"] * 255).astype(np.uint8), *pictures], 1))
    cheap, neural = np.mean(scores, 0)
    with writing(out):
        (out / "validation").mkdir(exist_ok=True)
        shown = [rows[number] for number in np.unique(np.linspace(0, len(rows) - 1, SHOWN).astype(int))]
        Image.fromarray(np.concatenate(shown)).save(out / "validation" / f"{step:07d}.png")
    return {f"{side}_psnr_cheap": round(float(cheap), 3), f"{side}_psnr_neural": round(float(neural), 3)}


def _photograph(tone: np.ndarray) -> np.ndarray:
    """Without air, by a camera that does nothing but expose: sRGB, uint8."""
    return printed(untoned(np.ascontiguousarray(tone)))
