"""The outcome of an evaluation: averages with intervals, apart by weather, light and what is held out, and beside what is aimed at."""

from collections.abc import Mapping

import numpy as np

from simgen.training.known import PROBES, Known
from simgen.training.ledger import Ledger, bootstrap
from simgen.training.methods import TRACED
from simgen.training.scores import discrepancy

SCORES = (
    "psnr",
    "ssim",
    "edge_f1",
    "outline_f1",
    "streamed_psnr",
    "change",
    *(f"{name}_{how}" for name in PROBES for how in ("told", "alike")),
)
CRITICS = ("depth_error", "boundary_f1")
"""Of the critic, where there is one."""
GROUPED = ("psnr", "ssim", "edge_f1")
GROUPS = ("weather", "light", "room", "held_out", "camera")
"""Facts by which frames are told apart; where one is a tuple, a frame stands in several groups."""
WORST = 8
"""Frames that are named because the network does least there."""


def outcome(ledger: Ledger, features: Mapping[str, np.ndarray], learned: Known) -> dict:
    """Everything there is to say.

    Args:
        ledger: scores of every frame.
        features: method to looks of its pictures, (N, D), as `discrepancy` takes them.
        learned: what the classifiers learned from.
    """
    truth = features[TRACED]
    halves = discrepancy(truth[::2], truth[1::2]) if len(truth) > 3 else float("nan")
    result = {
        "frames": len(ledger),
        "followed": int(np.isfinite(ledger.values(TRACED, "warping")).sum()),
        "scenes": len(np.unique(ledger.column("scene"))),
        "mmd2_of_halves": _rounded(halves),
        "methods": {name: _method(ledger, name) for name in ledger.methods},
    }
    for name, found in result["methods"].items():
        if name != TRACED:
            found["mmd2"] = _rounded(discrepancy(features[name], truth))
    result["groups"] = {fact: _grouped(ledger, fact) for fact in GROUPS}
    result["probes"] = {name: _probe(ledger, name, learned) for name in PROBES if ledger.has(TRACED, f"{name}_told")}
    result["worst"] = worst(ledger)
    return result | {"aims": _aims(result)}


def worst(ledger: Ledger) -> list[dict]:
    """Facts of the frames in which the network is farthest below the cheap photograph, or least above it."""
    gain = ledger.values("neural", "psnr") - ledger.values("cheap", "psnr")
    return [ledger.facts[number] | {"gain_db": _rounded(gain[number]), "number": int(number)} for number in np.argsort(gain)[:WORST]]


def _method(ledger: Ledger, name: str) -> dict:
    found = {score: _rounded(ledger.mean(name, score)) for score in (*SCORES, *CRITICS) if ledger.has(name, score)}
    if name == TRACED:  # against itself
        for score in ("psnr", "ssim", "edge_f1", "streamed_psnr"):
            found.pop(score, None)
    else:
        found["psnr_95"] = _ends(ledger.interval(name, "psnr"))
    if ledger.has(name, "warping"):
        scene, true = ledger.column("scene"), ledger.values(TRACED, "warping")
        for score in ("warping", "unlike"):
            values = ledger.values(name, score)
            found[f"{score}_ratio"] = _rounded(np.nansum(values) / max(np.nansum(true), 1e-12))
            found[f"{score}_ratio_95"] = _ends(bootstrap(values, true, scene))
    return found


def _grouped(ledger: Ledger, fact: str) -> dict:
    """Name of a group to its number of frames and scenes, and to the mean of some scores of every method."""
    facts, scene = [frame[fact] for frame in ledger.facts], ledger.column("scene")
    facts = [one if isinstance(one, list) else [one] for one in facts]
    found = {}
    for group in sorted({name for one in facts for name in one}):
        where = np.array([group in one for one in facts])
        scores = {
            name: {score: _rounded(ledger.mean(name, score, where)) for score in GROUPED} for name in ledger.methods if name != TRACED
        }
        found[group] = {"frames": int(where.sum()), "scenes": len(np.unique(scene[where])), "methods": scores}
    return found


def _probe(ledger: Ledger, name: str, learned: Known) -> dict:
    """Class to how many frames it was learned from and tried on, and to the share of each method's that is told right."""
    labels, scene, classes = np.array([facts["truths"][name] for facts in ledger.facts]), ledger.column("scene"), {}
    for label in np.unique(learned.labels[name]):
        where = labels == label
        classes[str(label)] = {
            "learned_from": int((learned.labels[name] == label).sum()),
            "frames": int(where.sum()),
            "scenes": len(np.unique(scene[where])),
            "told": {method: _rounded(ledger.mean(method, f"{name}_told", where)) for method in ledger.methods},
        }
    told = {method: _ends(ledger.interval(method, f"{name}_told")) for method in ledger.methods}
    return {"classes": classes, "scenes_learned_from": len(np.unique(learned.scene)), "told_95": told}


def _aims(result: dict) -> list[dict]:
    """What is aimed at, what was found, and whether that is enough."""
    ours, true = result["methods"]["neural"], result["methods"][TRACED]
    rows = [
        ("PSNR, dB", ours["psnr"], ">=", 29.0),
        ("SSIM", ours["ssim"], ">=", 0.93),
        ("MMD2 above that of two halves of the path-traced pictures", ours["mmd2"] - (result["mmd2_of_halves"] or 0.0), "<=", 0.02),
        ("outline F1, path-traced less neural", true["outline_f1"] - ours["outline_f1"], "<=", 0.03),
    ]
    if "warping_ratio" in ours:
        rows.append(("warping error over that of path-traced frames", ours["warping_ratio"], "<=", 1.2))
    if ours.get("boundary_f1") is not None:
        rows.append(("boundary F1 by the critic, path-traced less neural", true["boundary_f1"] - ours["boundary_f1"], "<=", 0.03))
    return [
        {
            "aim": aim,
            "found": _rounded(found),
            "wanted": f"{sign} {limit}",
            "reached": bool(found >= limit if sign == ">=" else found <= limit),
        }
        for aim, found, sign, limit in rows
    ]


def _ends(interval: tuple[float, float]) -> list[float | None]:
    return [_rounded(end) for end in interval]


def _rounded(value: float) -> float | None:
    """To four places; None, which JSON knows, where there is none."""
    return round(float(value), 4) if np.isfinite(value) else None
