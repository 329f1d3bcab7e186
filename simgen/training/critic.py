"""Training the critic: resumable, by steps or by minutes, with numbers and pictures on pairs it does not learn from."""

import time
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from simgen.dataset.durable import write_json, writing
from simgen.training.critic_pairs import CriticBatch, critic_batch, lessons_below
from simgen.training.critic_scores import critic_scores
from simgen.training.fit import STEEPEST, Budget, Told, nothing, set_rate, to_train_on
from simgen.training.recipe import recipe
from simgen.training.run import State, log
from simgen.training.shard import shards
from simgen.verify.critic.network import Critic
from simgen.verify.critic.weights import load, save

RATE, DECAY, AVERAGE = 2e-3, 1e-2, 0.998
"""Highest learning rate, weight decay, and share of the running average of weights that a step leaves."""
SAVE_S, VALIDATE_S = 60.0, 240.0
"""Seconds between checkpoints, and between looks at held-out pairs and for new shards."""
STEEP = 0.5
"""Weight of the slopes of depth beside depth itself."""
SPANS = (1, 4, 16)
"""Pixels over which slopes are compared."""


def fit_critic(
    data: str | Path,
    out: str | Path,
    *,
    budget: Budget,
    weights: str | Path | None = None,
    size: str = "cpu",
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
        weights: a folder to begin from; None begins from nothing.
        size: the name of a recipe, which says how many crops a batch has and how large they are.
        rate: highest learning rate; None is `RATE`.
        seed: root seed.
        device: of torch; None is a GPU where there is one.
        progress: told every few steps.

    Returns:
        The folder with the weights.

    Raises:
        InvalidValue: if there is nothing to train on.
        UnknownName: if there is no such recipe.
        UnusableCritic: if `weights` cannot be read.
        OtherRun, DamagedCheckpoint: if `out` holds what this run cannot go on from.
    """
    out, made = Path(out), recipe(size)
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if next(shards(data), None) is None:  # nothing is written then
        raise nothing()
    with writing(out):
        (out / "packed").mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    network = Critic() if weights is None else load(weights).train().requires_grad_(True)
    network = network.to(device, memory_format=torch.channels_last)
    said = {"size": made.size, "crop": made.crop, "rate": rate or RATE, "seed": seed, "weights": None if weights is None else str(weights)}
    optimizer = torch.optim.AdamW(network.parameters(), lr=said["rate"], weight_decay=DECAY, betas=(0.9, 0.99), fused=True)
    state = State(network, deepcopy(network).requires_grad_(False), optimizer, said)
    state.restore(out)
    _run(state, Path(data), out, budget, progress)
    with writing(out):
        save(state.average, out / "weights")
    came_to = {"steps": state.step, "seconds": round(state.seconds), "shards": len(state.shards)}
    write_json(out / "weights" / "training.json", said | came_to)
    return out / "weights"


def _run(state: State, data: Path, out: Path, budget: Budget, progress: Callable[[Told], None]) -> None:
    known = lessons_below(data, out / "packed", {})
    lessons = to_train_on(known, state, fresh=not state.shards)
    said, device = state.said, next(state.network.parameters()).device
    saved = looked = time.monotonic()
    while (spent := budget.spent(state)) < 1:
        begin = time.monotonic()
        one = critic_batch(lessons, size=said["size"], crop=said["crop"], seed=said["seed"], step=state.step).to(device)
        loss = _step(state, one, spent)
        state.step += 1
        state.follow(AVERAGE)
        now = time.monotonic()
        state.seconds += now - begin
        if state.step % 10 == 0:
            progress(Told(state.step, budget.spent(state), loss))
            log(out, {"step": state.step, "seconds": round(state.seconds, 1), "loss": round(loss, 5)})
        if now - looked > VALIDATE_S:
            known = lessons_below(data, out / "packed", known)
            lessons = to_train_on(known, state, fresh=True)
            log(out, {"step": state.step, "shards": len(lessons)} | critic_scores(state.average, known.values(), out, state.step))
            looked = time.monotonic()
        if now - saved > SAVE_S:
            state.save(out)
            saved = time.monotonic()
    log(out, {"step": state.step, "shards": len(lessons)} | critic_scores(state.average, known.values(), out, state.step))
    state.save(out)


def _step(state: State, one: CriticBatch, spent: float) -> float:
    set_rate(state, spent)
    loss = critic_loss(*state.network(one.tones.contiguous(memory_format=torch.channels_last)), one)
    state.optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(state.network.parameters(), STEEPEST)
    state.optimizer.step()
    return float(loss.detach())


def critic_loss(depth: Tensor, boundary: Tensor, truth: CriticBatch) -> Tensor:
    """How wrong log depth and boundary logits, (N, H, W), are.

    Depth counts once the medians of each picture agree, and by its slopes, which leave out all that is constant (after Eigen and
    Fergus, 2015, and Ranftl et al., 2022); boundaries by their logarithmic score, which is least for true probabilities.
    """
    known = torch.isfinite(truth.depth)
    off = depth - torch.where(known, truth.depth, 0)
    middle = torch.stack(
        [one[where].median() if where.any() else one.new_zeros(()) for one, where in zip(off, known, strict=True)]
    ).detach()
    error = ((off - middle[:, None, None]).abs().clamp_max(2) * known).mean()
    steep = sum(_slopes(off, known, span) for span in SPANS) / len(SPANS)
    return error + STEEP * steep + F.binary_cross_entropy_with_logits(boundary, truth.outline)


def _slopes(off: Tensor, known: Tensor, span: int) -> Tensor:
    across = (off[:, :, span:] - off[:, :, :-span]).abs().clamp_max(1) * (known[:, :, span:] & known[:, :, :-span])
    down = (off[:, span:] - off[:, :-span]).abs().clamp_max(1) * (known[:, span:] & known[:, :-span])
    return across.mean() + down.mean()
