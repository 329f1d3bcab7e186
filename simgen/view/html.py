"""The page as text: the template with its style, its scripts and the episode's data put in."""

import json
from html import escape
from importlib.resources import files
from string import Template

from simgen.dataset import Episode
from simgen.errors import InvalidValue
from simgen.view.picture import cameras
from simgen.view.truth import bodies, contacts, names, plain, series

_SCRIPTS = ("element", "strip", "plot", "table", "player")


def page(episode: Episode) -> str:
    """The HTML of one episode.

    Every word of the episode reaches the page as JSON in which no `<` stands and is shown as text, never as markup.

    Raises:
        InvalidValue: if the episode has no frame.
    """
    if len(episode) == 0:
        raise InvalidValue("an episode", 0, "at least one frame long")
    folder = files("simgen.view") / "page"
    data = json.dumps(_data(episode), separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return Template((folder / "page.html").read_text(encoding="utf-8")).substitute(
        title=escape(f"{episode.scene.name} · episode {episode.scene.episode} · SimGen"),
        style=(folder / "page.css").read_text(encoding="utf-8"),
        data=data.replace("<", "\\u003c"),
        script="\n".join((folder / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS),
    )


def _data(episode: Episode) -> dict:
    states = episode.trajectory.states
    return {
        "title": f"{episode.scene.name} · episode {episode.scene.episode}",
        "instruction": episode.scene.instruction,
        "description": episode.scene.description,
        "success": episode.success,
        "facts": _facts(episode),
        "versions": episode.versions,
        "rate": episode.scene.control_rate,
        "times": [state.time_ns / 1e9 for state in states],
        "subtasks": [{"start": part.start, "stop": part.stop, "text": part.text} for part in episode.subtasks],
        "names": names(episode),
        "cameras": cameras(episode),
        "series": series(episode),
        "bodies": bodies(episode),
        "contacts": contacts(episode),
        "scene": json.loads(episode.scene.json),
    }


def _facts(episode: Episode) -> list[list[str]]:
    """What the header says: name, value and, where the value is cut short, all of it."""
    scene, clips = episode.scene, episode.clips.values()
    facts = [
        ["seed", str(scene.seed), ""],
        ["episode", str(scene.episode), ""],
        ["scene", scene.sha256[:12], scene.sha256],
        ["simulator", episode.simulator, ""],
        ["world", ", ".join(sorted({clip.world for clip in clips})) or "none", ""],
        ["control", scene.control, ""],
        ["frames", f"{len(episode)} at {scene.control_rate} Hz", ""],
        ["physics", f"{scene.physics_rate} Hz", ""],
    ]
    progress = plain(episode.final.progress)
    return facts if progress is None else [*facts, ["progress", f"{100 * progress:.0f} %", ""]]
