"""The neural world: untrained it is the preview, it is the same alone and in a batch, and it does without any of its controls."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from simgen import shelves, world
from simgen.errors import InvalidValue, ShapeMismatch, UnknownName
from simgen.geometry import CameraView, Intrinsics, Pose
from simgen.observation import Observation
from simgen.scenario.conditions import Conditions
from simgen.scenario.light import Lamp, Light
from simgen.scenario.sensor import Sensor
from simgen.scenario.weather import Weather
from simgen.world import Appearance, ControlClip, Shot
from simgen.world.neural import weights as shelf
from simgen.world.neural.buffers import MODALITIES, VECTOR
from simgen.world.neural.denoise import Sampling, carried
from simgen.world.neural.frozen import Frozen
from simgen.world.neural.network import NeuralShading
from simgen.world.neural.toning import BRIGHTEST, toned, untoned
from simgen.world.neural.world import Neural

QUIET = Sensor(shot_noise=0.0, read_noise=0.0)
HEIGHT, WIDTH = 36, 50


def seen(shift: float = 0.0, frame: int = 0, **buffers) -> Observation:
    """A ball on level ground under an open sky, the ball moved sideways by some pixels since the frame before."""
    camera = CameraView("front", Intrinsics.from_fov_y(WIDTH, HEIGHT, 1.0), Pose.looking((0, -2, 1), (0, 0, 0.4)), far=8.0)
    ray = camera.intrinsics.rays() @ camera.world_T_camera.rotation.T
    ground = np.where(ray[..., 2] < -1e-3, -1 / np.minimum(ray[..., 2], -1e-3), np.inf)
    v, u = np.mgrid[:HEIGHT, :WIDTH]
    ball = (v - 18) ** 2 + (u - 25 - shift * frame) ** 2 < 64
    depth = np.where(ball, 1.5, np.where(ground < camera.far, ground, np.inf)).astype(np.float32)
    hit = np.isfinite(depth)
    up = camera.world_T_camera.rotation.T @ [0, 0, 1]
    flow = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    flow[ball, 0] = -shift
    arrays = dict(
        depth=depth,
        instance=np.where(ball, 2, hit).astype(np.int32),
        link=np.where(hit, 0, -1).astype(np.int32),
        semantic=hit.astype(np.int32),
        normal=(hit[..., None] * up).astype(np.float32),
        flow=flow if frame else np.full_like(flow, np.nan),
        albedo=np.where(ball[..., None], np.uint8([200, 40, 30]), hit[..., None] * np.uint8([150, 120, 90])).astype(np.uint8),
        light=(hit[..., None] * np.float32([9000, 8600, 8000])).astype(np.float32),
        roughness=np.full(depth.shape, 120, np.uint8),
        metallic=np.zeros(depth.shape, np.uint8),
    )
    return Observation(camera, frame * 50_000_000, **(arrays | buffers))


def run(count: int = 3, shift: float = 2.0) -> ControlClip:
    return ControlClip(tuple(seen(shift, frame) for frame in range(count)))


def under(light: Light | None = None, weather: Weather | None = None) -> Appearance:
    return Appearance(conditions=(Conditions(weather or Weather(), light or Light(), QUIET),))


@pytest.fixture(scope="module")
def network() -> NeuralShading:
    """Small and not trained, but none of its weights is zero."""
    torch.manual_seed(1)
    made = shelf.untrained(width=(16, 24, 32), depth=(1, 1, 1), control_width=8, embedding_width=16)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.normal_(0, 0.08)
    return made.eval().requires_grad_(False)


def neural(network, **sampling) -> Neural:
    return Neural(weights=network, sampling=Sampling(**sampling), device="cpu")


@pytest.mark.parametrize("weather", [Weather(), Weather(visibility_m=30.0, rain_mm_h=20.0, wetness=0.8)])
def test_untrained_it_is_the_preview(weather):
    lamp = Light(lamps=(Lamp(position=(0.3, -0.5, 1.5), look_at=(0, 0, 0)),))
    ours = Neural(weights=shelf.untrained(), device="cpu").render(run(), under(lamp, weather), seed=4).frames
    theirs = world.make("preview").render(run(), under(lamp, weather), seed=4).frames
    assert np.abs(ours.astype(int) - theirs).max() <= 1 and (ours != theirs).mean() < 0.01


def test_tones_are_light_again():
    exposure = np.float32([0, 1e-4, 0.01, 0.18, 1, 8, 60])
    assert np.allclose(untoned(toned(exposure)), exposure, rtol=2e-3, atol=1e-6)
    assert untoned(np.float32(2)) <= BRIGHTEST * 1.01 and 0.4 < toned(np.float32(0.18)) < 0.46


def test_the_same_seed_gives_the_same_clip_and_another_seed_another_one_of_many_steps(network):
    once, again, other = (neural(network, steps=2).render(run(), under(), seed=seed).frames for seed in (5, 5, 6))
    assert (once == again).all() and (once != other).mean() > 0.2


def test_one_step_draws_no_noise(network):
    one, other = (neural(network).render(run(), under(), seed=seed).frames for seed in (5, 6))
    assert (one == other).all()


@pytest.mark.parametrize("steps", [1, 2])
def test_a_row_is_the_same_alone_and_beside_others(network, steps):
    made, clips = neural(network, steps=steps), [run(), run(shift=-1.0)]
    looks = [under(), under(weather=Weather(snow_cover=0.5))]
    stream = made.stream([clip.observations[0].view for clip in clips], looks, seeds=[3, 4])
    frames = [stream.step([Shot(clip.observations[t]) for clip in clips]) for t in range(3)]
    for row, (clip, look) in enumerate(zip(clips, looks, strict=True)):
        assert (np.stack([frame[row] for frame in frames]) == made.render(clip, look, seed=3 + row).frames).all()


def test_a_row_that_is_reset_begins_anew(network):
    made, clip = neural(network), run()
    stream = made.stream([clip.observations[0].view], [under()], seeds=[3])
    for observation in clip.observations:
        stream.step([Shot(observation)])
    stream.reset([0], [clip.observations[0].view], [under(Light(elevation_deg=10.0))], seeds=[9])
    again = stream.step([Shot(clip.observations[0])])[0]
    assert (again == made.render(ControlClip(clip.observations[:1]), under(Light(elevation_deg=10.0)), seed=9).frames[0]).all()


def test_what_came_before_counts(network):
    clip = run()
    alone = neural(network).render(ControlClip(clip.observations[2:]), under(), seed=1).frames[0]
    assert (neural(network).render(clip, under(), seed=1).frames[2] != alone).any()
    deaf = neural(network, weights={"history": 0.0})
    assert (deaf.render(clip, under(), seed=1).frames[2] == neural(network).render(clip, under(), seed=1).frames[2]).mean() < 1


def test_the_last_frame_moves_with_the_surfaces():
    last = np.random.default_rng(0).random((HEIGHT, WIDTH, 3)).astype(np.float32)
    flow = np.tile(np.float32([-3, 0]), (HEIGHT, WIDTH, 1))
    flow[:, :3] = np.nan
    moved = carried(last, flow)
    assert np.allclose(moved[:, 3:, :3], last[:, :-3], atol=1e-4)
    assert (moved[:, :3] == 0).all() and (moved[:, 3:, 3] == 1).all()


def test_without_light_it_still_draws(network):
    clip = ControlClip(tuple(replace(one, light=None, roughness=None, metallic=None) for one in run().observations))
    frames = neural(network).render(clip, under(), seed=1).frames
    assert frames.shape == (3, HEIGHT, WIDTH, 3) and frames[:, :4].mean() > 60 and frames.std() > 2  # the sky is bright


def test_a_control_of_weight_0_is_as_if_it_were_not_there(network):
    bare = ControlClip(tuple(replace(one, roughness=None, metallic=None) for one in run(1).observations))
    told = neural(network, weights={"material": 0.0}).render(bare, under(), seed=1).frames
    assert (told == neural(network).render(bare, under(), seed=1).frames).all()
    zero = np.zeros((HEIGHT, WIDTH), np.float32)
    everywhere, nowhere = (neural(network, weights={"normal": weight}).render(run(1), under(), seed=1).frames for weight in (zero, 0.0))
    assert (everywhere == nowhere).all()


def test_a_map_of_weights_acts_where_it_says(network):
    left = np.ones((HEIGHT, WIDTH), np.float32)
    left[:, WIDTH // 2 :] = 0
    whole, part = (neural(network, weights=said).render(run(1), under(), seed=1).frames[0].astype(int) for said in ({}, {"albedo": left}))
    change = np.abs(whole - part).mean(-1)[18:]
    assert change[:, WIDTH // 2 :].mean() > 3 * change[:, : WIDTH // 2].mean() > 0 or change[:, : WIDTH // 2].max() == 0


def test_guidance_moves_away_from_the_unconditioned(network):
    one, more = (neural(network, guidance=guidance).render(run(1), under(), seed=1).frames for guidance in (1.0, 3.0))
    assert (one != more).any()


def test_controls_of_the_wrong_size_and_names_are_told_in_a_sentence(network):
    with pytest.raises(ShapeMismatch, match="weight of depth has shape"):
        neural(network, weights={"depth": np.ones((8, 8), np.float32)}).render(run(1), under(), seed=1)
    with pytest.raises(UnknownName, match="Did you mean 'albedo'"):
        Sampling(weights={"albdo": 1.0})
    with pytest.raises(InvalidValue, match="at least 1"):
        Sampling(steps=0)
    stream = neural(network).stream([seen().view], [under()], seeds=[1])
    with pytest.raises(ShapeMismatch, match="a batch of shots"):
        stream.step([Shot(seen()), Shot(seen())])


def test_weights_come_back_as_they_were_kept(network, tmp_path):
    network.save_pretrained(tmp_path, safe_serialization=True)
    ours, theirs = (Neural(weights=one, device="cpu").render(run(), under(), seed=1).frames for one in (network, tmp_path))
    assert (ours == theirs).all()


@pytest.mark.parametrize("file", ["config.json", "diffusion_pytorch_model.safetensors"])
def test_weights_that_are_missing_or_damaged_are_told_in_a_sentence(network, tmp_path, file):
    network.save_pretrained(tmp_path, safe_serialization=True)
    whole = (tmp_path / file).read_bytes()
    (tmp_path / file).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(shelf.UnusableWeights, match="cannot be read"):
        shelf.load(tmp_path)
    (tmp_path / file).unlink()
    with pytest.raises(shelf.UnusableWeights, match=f"it has no {file}"):
        shelf.load(tmp_path)


def test_weights_of_another_network_are_refused(tmp_path):
    shelf.untrained(width=(16, 24, 32), depth=(1, 1, 1)).save_pretrained(tmp_path)
    said = json.loads((tmp_path / "config.json").read_text())
    for wrong in ({"width": [8, 24, 32]}, {"vector_size": VECTOR + 1}, {"modalities": list(MODALITIES.items())[:-1]}):
        (tmp_path / "config.json").write_text(json.dumps(said | wrong))
        with pytest.raises(shelf.UnusableWeights):
            shelf.load(tmp_path)
    with pytest.raises(UnknownName, match="controlnet"):
        shelf.load("nowhere")


def test_the_weights_that_ship_change_the_preview_and_do_not_overturn_it():
    clip = ControlClip((seen(),))
    looks = Appearance(conditions=(Conditions(sensor=QUIET),))
    drawn, cheap = (world.make(name).render(clip, looks, seed=0).frames.astype(float) for name in ("neural", "preview"))
    assert 0.5 < np.abs(drawn - cheap).mean() < 30
    assert np.corrcoef(drawn.ravel(), cheap.ravel())[0, 1] > 0.9


def test_the_weights_that_ship_say_nothing_of_where_they_were_made():
    folder = shelves.shelf("controlnets") / "neural"
    told = [json.loads((folder / file).read_text()) for file in ("config.json", "training.json")]
    assert not any("/" in str(value) for one in told for value in one.values())


def test_recorded_for_the_cpu_the_network_says_the_same_whatever_is_known():
    torch.manual_seed(0)
    network = shelf.untrained().eval().requires_grad_(False)
    for parameter in network.parameters():
        parameter.normal_(0, 0.05)
    quick = Frozen(network)
    for size, left_out in ((32, ()), (48, ("history",)), (32, ("cheap", "albedo", "light")), (32, ())):
        maps = {name: torch.rand(1, count, size, size) for name, count in MODALITIES.items() if name not in left_out}
        vector, noisy, when = torch.randn(1, VECTOR), torch.randn(1, 3, size, size), torch.full((1,), 0.5)
        for asked in ({}, {"noisy": noisy, "time": when}, {"weights": {"depth": torch.zeros(1, 1, 1, 1)}}):
            with torch.inference_mode():
                assert torch.allclose(quick(maps, vector, **asked), network(maps, vector, **asked), atol=1e-5)
                assert torch.allclose(quick(maps, None, **asked), network(maps, None, **asked), atol=1e-5)
