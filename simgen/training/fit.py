"""Fitting the network to pairs: resumable, by steps or by minutes, with numbers and pictures on what it is not trained on."""

import math
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from simgen.dataset.durable import write_json, writing
from simgen.errors import InvalidValue
from simgen.training.adapt import adapted, merged
from simgen.training.batch import batch
from simgen.training.loss import distance, flow_weight
from simgen.training.packed import packed_below
from simgen.training.recipe import Recipe, recipe
from simgen.training.run import State, log
from simgen.training.shard import shards
from simgen.training.validate import validated
from simgen.world.neural.network import NeuralShading
from simgen.world.neural.weights import load, untrained

WARM = 100
"""Steps over which the learning rate rises."""
STEEPEST = 1.0
"""Norm to which gradients are clipped."""
SAVE_S, VALIDATE_S = 60.0, 300.0
"""Seconds between checkpoints, and between looks at held-out pairs and for new shards."""
LEAST_RATE = 0.02
"""Share of the learning rate that is left in the end."""


class Sided(Protocol):
    """A shard made ready for a network."""

    held_out: bool
    """Whether nothing is trained on it."""


@dataclass(frozen=True)
class Budget:
    """When training ends: after so many steps, or so many seconds over all processes that had a hand in it."""

    steps: int | None = None
    minutes: float | None = None

    def __post_init__(self):
        if (self.steps is None) == (self.minutes is None) or (self.steps or self.minutes) <= 0:
            raise InvalidValue("steps, minutes", (self.steps, self.minutes), "one of them, and more than 0")

    def spent(self, state: State) -> float:
        """Share of it that is gone."""
        return state.step / self.steps if self.steps is not None else state.seconds / (60 * self.minutes)


@dataclass(frozen=True)
class Told:
    """How far training has come."""

    step: int
    spent: float
    loss: float


def fit(
    data: str | Path,
    out: str | Path,
    *,
    budget: Budget,
    size: str = "cpu",
    weights: str | Path | None = None,
    rank: int = 0,
    rate: float | None = None,
    seed: int = 0,
    device: str | None = None,
    progress: Callable[[Told], None] = lambda _: None,
) -> Path:
    """Train on a folder of pairs, to which more may be added meanwhile; the same command goes on where it was killed.

    Args:
        data: a folder of pairs.
        out: where checkpoints, log, validation and in the end the weights go.
        budget: when to end.
        size: the name of a recipe.
        weights: to begin from, a name on the shelf or a folder; None begins as the cheap photograph.
        rank: of low-rank adapters (LoRA), which alone are trained then; 0 trains everything.
        rate: highest learning rate, instead of the recipe's.
        seed: root seed.
        device: of torch; None is a GPU where there is one.
        progress: told every few steps.

    Returns:
        The folder with the weights.

    Raises:
        InvalidValue: if there is nothing to train on.
        UnknownName: if there is no such recipe or there are no such weights.
        OtherRun, DamagedCheckpoint: if `out` holds what this run cannot go on from.
    """
    out, made = Path(out), recipe(size)
    if next(shards(data), None) is None:  # nothing is written then
        raise nothing()
    with writing(out):
        (out / "packed").mkdir(parents=True, exist_ok=True)
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(seed)
    network = untrained(width=made.width, depth=made.depth) if weights is None else load(weights).train().requires_grad_(True)
    network = adapted(network, rank).to(device, memory_format=torch.channels_last)
    begun = None if weights is None else str(weights)
    said = {"recipe": made.json(), "weights": begun, "rank": rank, "seed": seed, "rate": rate or made.rate}
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=said["rate"], weight_decay=made.decay, betas=(0.9, 0.99), fused=True)
    state = State(network, deepcopy(network).requires_grad_(False), optimizer, said)
    state.restore(out)
    _run(state, Path(data), out, made, budget, progress)
    return _finished(state, out)


def _run(state: State, data: Path, out: Path, made: Recipe, budget: Budget, progress: Callable[[Told], None]) -> None:
    known = packed_below(data, out / "packed", {})
    pairs = to_train_on(known, state, fresh=not state.shards)
    device = next(state.network.parameters()).device
    saved = looked = time.monotonic()
    while (spent := budget.spent(state)) < 1:
        begin = time.monotonic()
        drawn = batch(pairs, size=made.size, crop=made.crop, seed=state.said["seed"], step=state.step, one_pass=made.one_pass)
        loss = _step(state, drawn.to(device), spent, made)
        state.step += 1
        state.follow(made.average)
        now = time.monotonic()
        state.seconds += now - begin
        if state.step % 10 == 0:
            progress(Told(state.step, budget.spent(state), loss))
            log(out, {"step": state.step, "seconds": round(state.seconds, 1), "loss": round(loss, 5)})
        if now - looked > VALIDATE_S:
            known = packed_below(data, out / "packed", known)
            pairs = to_train_on(known, state, fresh=True)
            log(out, {"step": state.step, "shards": len(pairs)} | validated(_plain(state), known.values(), out, state.step))
            looked = time.monotonic()
        if now - saved > SAVE_S:
            state.save(out)
            saved = time.monotonic()
    log(out, {"step": state.step, "shards": len(pairs)} | validated(_plain(state), known.values(), out, state.step))
    state.save(out)


def nothing() -> InvalidValue:
    """What to raise where there is no shard to train on."""
    return InvalidValue("the number of shards to train on", 0, "at least 1; make some with: simgen pairs")


def to_train_on[Shown: Sided](known: dict[str, Shown], state: State, *, fresh: bool) -> list[Shown]:
    """Shards of the training side; those of the checkpoint until it is time to look for more.

    Raises:
        InvalidValue: if there are none.
    """
    found = [name for name, shard in known.items() if not shard.held_out]
    if not found:
        raise nothing()
    if fresh or not set(state.shards) <= set(known):  # somebody took some away
        state.shards = found
    return [known[name] for name in state.shards]


def set_rate(state: State, spent: float) -> None:
    """The learning rate of the next step: it rises over WARM steps and falls as a cosine; `spent` is the share of the budget gone."""
    fallen = LEAST_RATE + (1 - LEAST_RATE) * 0.5 * (1 + math.cos(math.pi * spent))
    for group in state.optimizer.param_groups:
        group["lr"] = state.said["rate"] * min((state.step + 1) / WARM, fallen)


def _step(state: State, one, spent: float, made: Recipe) -> float:
    set_rate(state, spent)
    drawn = state.network(one.controls, one.vector, noisy=one.noisy, time=one.time, weights=one.weights)
    loss = (distance(drawn, one.target) * flow_weight(one.time)).mean()
    state.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    steepness = torch.nn.utils.clip_grad_norm_([p for p in state.network.parameters() if p.requires_grad], STEEPEST)
    if torch.isfinite(steepness):  # a batch that overflows teaches nothing
        state.optimizer.step()
    return float(loss.detach())


def _plain(state: State) -> NeuralShading:
    """The average as a network for inference."""
    return merged(state.average, state.network.config).eval().requires_grad_(False)


def _finished(state: State, out: Path) -> Path:
    with writing(out):
        _plain(state).save_pretrained(out / "weights", safe_serialization=True)
    came_to = {"steps": state.step, "seconds": round(state.seconds), "shards": len(state.shards)}
    write_json(out / "weights" / "training.json", state.said | came_to)
    return out / "weights"
