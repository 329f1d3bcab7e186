"""A dataset through the gate: a table, a page, a verdict."""

from dataclasses import replace

import pytest
from analytic import episode

from simgen import dataset
from simgen.audit import calibrate_datasets, verify_dataset
from simgen.audit.calibration import sha256
from simgen.dataset.store import Store
from simgen.errors import DamagedDataset, DamagedLimits, InvalidValue
from simgen.verify import METRICS, Limits
from simgen.verify.limits import FRAME
from simgen.verify.measure import OF_BODIES, OF_FRAMES
from simgen.verify.surroundings import KINDS
from simgen.world import Clip


def spoiled(clip: Clip) -> Clip:
    """With two black frames."""
    frames = clip.frames.copy()
    frames[2:4] = 0
    return Clip(frames, clip.world, clip.source)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """One sound episode, and one whose front camera went black for two frames."""
    store = Store(tmp_path_factory.mktemp("audit") / "data", {"seed": 0})
    first = episode(6, (96, 72), "push <b>the cube</b>")
    clips = first.clips | {"front": spoiled(first.clips["front"])}
    second = replace(first, scene=first.scene.model_copy(update={"episode": 4}), clips=clips)
    store.write(first)
    store.write(second)
    return store.finish([3, 4])


@pytest.fixture(scope="module")
def lenient(tmp_path_factory):
    """Limits that only a black frame or a pixel that is no number oversteps."""
    names = {FRAME: OF_FRAMES} | dict.fromkeys(KINDS, OF_BODIES)
    usual, limits = ({kind: dict.fromkeys(some, value) for kind, some in names.items()} for value in (0.0, 1e3))
    limits[FRAME] |= {"blank": 0.5, "nonfinite": 1e-9}
    file = tmp_path_factory.mktemp("limits") / "lenient.json"
    Limits(
        simgen="0",
        world="raw",
        referenced=False,
        clips=1,
        frames=1,
        false_alarms=0.0,
        usual=usual,
        limit=limits,
    ).write(file)
    return file


@pytest.fixture(scope="module")
def report(root, lenient):
    return verify_dataset(root, limits=lenient)


def test_black_frames_fail_and_the_others_do_not(report):
    failed = {(row.episode, row.camera): row.failed for row in report.rows}
    assert failed == {(0, "front"): 0, (0, "wrist"): 0, (1, "front"): 2, (1, "wrist"): 0}
    assert [(frame.episode, frame.camera, frame.frame) for frame in report.worst[:2]] == [(1, "front", 2), (1, "front", 3)]


def test_too_many_failing_frames_fail_the_dataset(root, lenient, report):
    assert report.failing == pytest.approx(2 / 24)
    assert not report.passed and "FAILED  8.3% of 24 frames" in str(report)
    assert verify_dataset(root, limits=lenient, most_failing=0.1).passed


def test_the_report_is_plain_numbers(report):
    assert report.json["frames"] == 24 and report.json["reasons"] == {"blank": 2}
    assert {*report.json["metrics"]} == {*METRICS}


def test_the_page_needs_nothing_else_and_shows_no_markup_of_the_dataset(report, tmp_path):
    text = report.write_html(tmp_path / "new" / "page.html").read_text()
    assert text.count("data:image/webp;base64,") == 3 * len(report.worst)
    assert "http" not in text and "<b>the cube" not in text and "$" not in text


def test_the_worst_frames_come_first(report):
    scores = [frame.adherence.score for frame in report.worst]
    assert scores == sorted(scores) and len(scores) == 12


def test_bad_input_is_told_in_one_sentence(root, tmp_path):
    with pytest.raises(InvalidValue, match="share"):
        verify_dataset(root, most_failing=2)
    with pytest.raises(DamagedLimits):
        verify_dataset(root, limits=tmp_path / "none.json")
    with pytest.raises(DamagedDataset):
        verify_dataset(tmp_path)
    with pytest.raises(InvalidValue, match="clips"):
        calibrate_datasets([root])


def test_a_picture_that_changed_changes_what_a_calibration_says_it_came_from(root, tmp_path):

    assert sha256(dataset.open(root)) == sha256(dataset.open(root)) and len(sha256(dataset.open(root))) == 64
    assert Limits.of("preview").clips >= 5
