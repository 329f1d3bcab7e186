"""Tables: an evaluation to be read, as Markdown."""

from collections.abc import Mapping, Sequence

from simgen.training.methods import TRACED

HEADS = {
    "psnr": "PSNR, dB",
    "psnr_95": "95 %",
    "ssim": "SSIM",
    "edge_f1": "edge F1",
    "outline_f1": "outline F1",
    "mmd2": "MMD²",
    "streamed_psnr": "next frame, dB",
    "warping_ratio": "warping",
    "warping_ratio_95": "95 %",
    "unlike_ratio": "unlike",
    "weather_told": "weather",
    "lying_told": "lying",
    "light_told": "light",
    "weather_alike": "alike",
    "depth_error": "depth",
    "boundary_f1": "boundary F1",
}
"""Score to the head of its column, in order."""
LEGEND = """\
*edge F1*: Canny's edges against those of the path-traced picture. *outline F1*: the same edges against the exact outlines and folds.
*MMD²*: discrepancy of hand features from path-traced pictures, 0 where they look alike. *next frame*: of the frame after, which
knows the first. *warping*: mean square change along the exact flow, over that of path-traced frames. *unlike*: mean square of the
change that path-traced frames do not show, over the same. *weather*, *light*: share of frames in which a classifier, trained on
path-traced pictures of other scenes, tells the right one; *lying*: what lies on surfaces, told before the air; *alike*: share in
which it tells the weather that it tells of the path-traced frame. *depth*, *boundary F1*: by the critic, against the truth."""


def page(result: Mapping) -> str:
    """An outcome, as `simgen.training.outcome.outcome` gives it, as Markdown."""
    head = f"{result['frames']} held-out frames of {result['scenes']} scenes, {result['followed']} of them with the frame that follows"
    parts = [
        "# Evaluation of the neural world",
        f"{head}. MMD² of two halves of the path-traced frames: {_said(result['mmd2_of_halves'])}.",
    ]
    parts += ["## Methods", _methods(result["methods"]), LEGEND, "## Aims", _aims(result["aims"])]
    for fact, groups in result["groups"].items():
        parts += [f"## By {fact.replace('_', ' ')}", _groups(groups)]
    for name, probe in result["probes"].items():
        parts += [f"## Told by the classifier of {name}, learned from {probe['scenes_learned_from']} other scenes", _probe(probe)]
    return "\n\n".join([*parts, "## Where the network does least", _worst(result["worst"])]) + "\n"


def _methods(methods: Mapping[str, Mapping]) -> str:
    shown = [score for score in HEADS if any(score in found for found in methods.values())]
    rows = [[name.replace("_", " "), *(_said(found.get(score, "")) for score in shown)] for name, found in methods.items()]
    return _table(["", *(HEADS[score] for score in shown)], rows)


def _aims(aims: Sequence[Mapping]) -> str:
    rows = [[row["aim"], _said(row["found"]), row["wanted"], "yes" if row["reached"] else "no"] for row in aims]
    return _table(["", "found", "wanted", "reached"], rows)


def _groups(groups: Mapping[str, Mapping]) -> str:
    names = [name for name in next(iter(groups.values()))["methods"] if name not in ("simulator", "recoloured", TRACED)]
    rows = []
    for group, found in groups.items():
        methods = found["methods"]
        scores = [_said(methods[name]["psnr"]) for name in names]
        scores += [_said(methods[name][score]) for score in ("ssim", "edge_f1") for name in ("cheap", "neural")]
        rows.append([group.replace("_", " "), str(found["frames"]), str(found["scenes"]), *scores])
    heads = [f"{name.replace('_', ' ')}, dB" for name in names]
    return _table(["", "frames", "scenes", *heads, "SSIM cheap", "SSIM neural", "edge F1 cheap", "edge F1 neural"], rows)


def _probe(probe: Mapping) -> str:
    methods = [name for name in probe["told_95"] if name != "recoloured"]
    rows = [["all, 95 %", "", "", "", *(_said(probe["told_95"][name]) for name in methods)]]
    for label, found in probe["classes"].items():
        counts = [str(found[key]) for key in ("learned_from", "frames", "scenes")]
        rows.append([label.replace("_", " "), *counts, *(_said(found["told"][name]) for name in methods)])
    return _table(["", "learned from", "frames", "scenes", *(name.replace("_", " ") for name in methods)], rows)


def _worst(frames: Sequence[Mapping]) -> str:
    keys = ("scene", "row", "weather", "level", "light", "camera", "room", "gain_db")
    return _table([key.replace("_", " ") for key in keys], [[str(frame[key]) for key in keys] for frame in frames])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def _said(value: object) -> str:
    """A number as it is read; an interval as `a to b`; nothing where there is none."""
    if isinstance(value, list):
        return " to ".join(_said(end) for end in value)
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) >= 10 else f"{value:.3f}"
    return "" if value is None else str(value)


def drift_page(result: Mapping) -> str:
    """What `simgen.training.drift.drift` found, as Markdown."""
    parts = ["# Drift of the neural world", f"{result['frames']} frames of {result['scene']}, streamed one by one."]
    for camera, found in result["cameras"].items():
        rows = [_drifted(name, metric) for name, metric in found["metrics"].items()]
        anew = found["began_anew"]
        parts += [
            f"## Camera {camera}",
            _table(
                ["", "first round", "last round", "difference", "95 %", "preview's difference", "counts as equal within", "equal"], rows
            ),
            f"A stream that began with the last round agrees with the one that never stopped to {anew['psnr']} dB "
            f"(least {anew['least_psnr']} dB), {anew['mean_difference']} bytes in the mean.",
        ]
    return "\n\n".join(parts) + "\n"


def _drifted(name: str, metric: Mapping) -> list[str]:
    preview, equal = metric["preview"], abs(metric["difference"]) <= metric["within"]
    said = [f"{metric[key]:.4f}" for key in ("first", "last", "difference")]
    ends = " to ".join(f"{end:.4f}" for end in metric["difference_95"])
    return [name, *said, ends, "" if preview is None else f"{preview['difference']:.4f}", str(metric["within"]), "yes" if equal else "no"]
