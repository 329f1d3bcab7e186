"""Stand-ins for other people's environments: small, and to the eye of an adapter like the real ones."""

from types import SimpleNamespace

import gymnasium
import numpy as np
import torch
from analytic import Solid, camera, observe
from gymnasium.spaces import Box, Dict
from gymnasium.vector import AutoresetMode, VectorEnv

from simgen.geometry import Pose

SIZE, STEP_S, STEPS = 32, 0.05, 3
VIEW = camera(SIZE, SIZE, (1.0, -0.6, 0.6), (0.4, 0.0, 0.05))
FLOOR = Solid(1, 0, (4.0, 4.0, 0.1), Pose.from_wxyz((0.4, 0, -0.05), (1, 0, 0, 0)), (160, 125, 90))


def looked(place: float, view=VIEW):
    """What a camera sees of a cube on a floor."""
    cube = Solid(2, 0, (0.2, 0.2, 0.2), Pose.from_wxyz((0.4, place, 0.1), (1, 0, 0, 0)), (200, 40, 40))
    return observe((FLOOR, cube), view)


class Pushing(gymnasium.Env):
    """A cube that an action shifts; over after `STEPS` steps."""

    def __init__(self, extra: dict | None = None):
        camera = {
            "rgb": Box(0, 255, (SIZE, SIZE, 3), np.uint8),
            "depth": Box(0, np.inf, (SIZE, SIZE), np.float32),
            "instance": Box(0, 9, (SIZE, SIZE), np.int32),
            "K": Box(-np.inf, np.inf, (3, 3), np.float64),
            "world_T_camera": Box(-np.inf, np.inf, (4, 4), np.float64),
        }
        self.observation_space = Dict({"cameras": Dict({"front": Dict(camera)}), "time_s": Box(0, np.inf, (1,), np.float64), **self.more()})
        self.action_space = Box(-1, 1, (1,), np.float32)
        self.broken = extra or {}

    @staticmethod
    def more() -> dict:
        return {"place": Box(-np.inf, np.inf, (1,), np.float64)}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.steps = self.np_random.uniform(-0.1, 0.1), 0
        return self._observation(), {"who": "theirs"}

    def step(self, action):
        self.place, self.steps = self.place + 0.02 * float(action[0]), self.steps + 1
        return self._observation(), self.place, False, self.steps >= STEPS, {}

    def _observation(self):
        seen = looked(self.place)
        front = {"rgb": seen.rgb, "depth": seen.depth, "instance": seen.instance}
        front |= {"K": VIEW.intrinsics.K, "world_T_camera": VIEW.world_T_camera.matrix} | self.broken
        return {"cameras": {"front": front}, "time_s": np.array([self.steps * STEP_S]), "place": np.array([self.place])}


class Many(gymnasium.Env):
    """A batch in one environment, of torch tensors, whose rows begin anew by themselves after `STEPS` steps."""

    num_envs = 2

    def __init__(self):
        self.observation_space, self.action_space = Dict({}), Box(-1, 1, (2, 1), np.float32)
        self.places, self.counts = np.zeros(2), np.zeros(2, int)

    def reset(self, *, seed=None, options=None):
        self.places, self.counts = np.array([0.0, 0.05]), np.array([0, 1])  # rows are not in step
        return self.observation(), {}

    def step(self, action):
        self.places, self.counts = self.places + 0.02, self.counts + 1
        over = self.counts >= STEPS
        self.counts[over], self.places[over] = 0, 0.0
        return self.observation(), torch.ones(2), torch.from_numpy(over), torch.zeros(2, dtype=bool), {}

    def seen(self):
        return [looked(place) for place in self.places]


class LikeManiSkill(Many):
    """As `mani_skill.sensors.camera.Camera.get_obs` and `get_params` write them with the default shader."""

    control_freq = 20

    def __init__(self):
        super().__init__()
        data, param = {name: Box(0, 1) for name in ("rgb", "depth", "segmentation")}, {"intrinsic_cv": Box(0, 1)}
        cameras = {"base_camera": Dict(data), "no_depth": Dict({"rgb": Box(0, 1)})}
        self.observation_space = Dict({"sensor_data": Dict(cameras), "sensor_param": Dict({"base_camera": Dict(param)})})

    @property
    def elapsed_steps(self):
        return torch.from_numpy(self.counts.astype(np.int32))

    def observation(self):
        seen = self.seen()
        millimetres = [np.where(np.isfinite(one.depth), one.depth * 1000, 0).astype(np.int16)[..., None] for one in seen]
        data = {
            "rgb": [one.rgb for one in seen],
            "depth": millimetres,
            "segmentation": [one.instance.astype(np.int16)[..., None] for one in seen],
        }
        extrinsic = VIEW.world_T_camera.inverse().matrix[None, :3].astype(np.float32).repeat(2, 0)
        param = {"extrinsic_cv": extrinsic, "intrinsic_cv": VIEW.intrinsics.K[None].astype(np.float32).repeat(2, 0)}
        data = {name: torch.from_numpy(np.stack(part)) for name, part in data.items()}
        return {"sensor_data": {"base_camera": data}, "sensor_param": {"base_camera": {k: torch.from_numpy(v) for k, v in param.items()}}}


class LikeIsaacLab(Many):
    """As `isaaclab.sensors.CameraData` holds it, and as `mdp.image` and direct environments hand it out."""

    step_dt = STEP_S
    origins = np.array([[0.0, 0.0, 0.0], [10.0, 0.0, 0.0]])

    def __init__(self, encode=lambda colour: colour, colorize=False, version=2):
        super().__init__()
        self.encode, self.colorize, self.version = encode, colorize, version
        sensor = SimpleNamespace(cfg=SimpleNamespace(spawn=SimpleNamespace(clipping_range=(0.1, 20.0))), data=SimpleNamespace(output={}))
        self.scene = SimpleNamespace(
            sensors={"tiled": sensor, "contact": SimpleNamespace(data=None)}, env_origins=torch.from_numpy(self.origins)
        )
        self.fill()

    @property
    def episode_length_buf(self):
        return torch.from_numpy(self.counts)

    def fill(self):
        seen, data = self.seen(), self.scene.sensors["tiled"].data
        ids = np.stack([np.where(one.instance == 1, 1, one.instance * 7) for one in seen])[..., None]  # 1 is UNLABELLED
        if self.colorize:
            ids = np.concatenate([ids, ids * 0, ids * 0, ids * 0 + 255], -1)
            ids[ids[..., 0] == 1] = (0, 0, 0, 255)
        data.output["rgb"] = torch.from_numpy(np.stack([one.rgb for one in seen]))
        data.output["distance_to_image_plane"] = torch.from_numpy(np.stack([one.depth for one in seen])[..., None])
        data.output["instance_id_segmentation_fast"] = torch.from_numpy(ids.astype(np.uint8 if self.colorize else np.int32))
        data.intrinsic_matrices = torch.from_numpy(VIEW.intrinsics.K[None].repeat(2, 0))
        data.pos_w = torch.from_numpy(VIEW.world_T_camera.position + self.origins)
        data.quat_w_ros = torch.from_numpy(VIEW.world_T_camera.wxyz[None].repeat(2, 0))
        if self.version == 3:  # warp arrays with a tensor behind, and quaternions x, y, z, w
            data.quat_w_ros = data.quat_w_ros.roll(-1, 1)
            for name in ("pos_w", "quat_w_ros", "intrinsic_matrices"):
                setattr(data, name, SimpleNamespace(torch=getattr(data, name)))
            data.output = {name: SimpleNamespace(torch=getattr(one, "torch", one)) for name, one in data.output.items()}
        return torch.from_numpy(np.stack([one.rgb for one in seen]))

    def observation(self):
        return {"policy": {"image": self.encode(self.fill()), "joints": torch.zeros(2, 7)}}


class LikeManiSkillVector(VectorEnv):
    """As `ManiSkillVectorEnv` resets rows by itself and tells of their last instant: as one batch of all rows."""

    def __init__(self):
        self.env, self.num_envs = LikeManiSkill(), 2
        self.observation_space = self.single_observation_space = self.env.observation_space
        self.action_space = self.single_action_space = self.env.action_space
        self.metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}

    @property
    def unwrapped(self):
        return self.env

    def reset(self, *, seed=None, options=None):
        return self.env.reset()

    def step(self, actions):
        env = self.env
        env.places, env.counts = env.places + 0.02, env.counts + 1
        over, info = torch.from_numpy(env.counts >= STEPS), {"elapsed_steps": env.elapsed_steps}
        observation = env.observation()
        if over.any():
            env.counts[over.numpy()], env.places[over.numpy()] = 0, 0.0
            final = {"final_observation": observation, "final_info": info, "_final_observation": over}
            observation, info = env.observation(), {"elapsed_steps": env.elapsed_steps, **final}
        return observation, torch.ones(2), over, torch.zeros(2, dtype=bool), info


class LikeRobosuite(gymnasium.Env):
    """As robosuite's GymWrapper with `flatten_obs=False` over `MjSim` looks from outside; pictures come upside down."""

    camera_names, near, far = ("agentview",), 0.01, 50.0

    def __init__(self):
        self.observation_space = Dict({"agentview_image": Box(0, 255, (SIZE, SIZE, 3), np.uint8)})
        self.action_space = Box(-1, 1, (1,), np.float32)
        rotation, place = VIEW.world_T_camera.rotation, VIEW.world_T_camera.position
        high = 0.5 * SIZE / VIEW.intrinsics.fy * self.near
        eye = {"pos": place, "forward": rotation[:, 2], "up": -rotation[:, 1], "frustum_near": self.near, "frustum_far": self.far}
        eye |= {"frustum_top": high, "frustum_bottom": -high, "frustum_width": 0.0, "frustum_center": 0.0}
        scene = SimpleNamespace(camera=[SimpleNamespace(**eye)] * 2)
        model = SimpleNamespace(
            body_parentid=[0, 0], geom_bodyid=[0, 1], geom_type=[6, 6], site_rgba=[[1, 0, 0, -0.5]]
        )  # a floor of the world, and a cube
        self.place = 0.0
        self.options = SimpleNamespace(sitegroup=np.ones(6, np.uint8))
        renderer = SimpleNamespace(scn=scene, vopt=self.options)
        self.sim = SimpleNamespace(model=model, render=self.draw, _render_context_offscreen=renderer)

    def draw(self, camera_name, height, width, depth=False, segmentation=False):
        seen = looked(self.place)
        buffer = (1 - self.near / np.minimum(seen.depth, self.far)) / (1 - self.near / self.far)
        found = np.stack([np.where(seen.instance > 0, 5, -1), seen.instance - 1], -1).astype(np.int32)
        if self.options.sitegroup.any():  # a site that the picture does not show
            found[:4], buffer[:4] = (6, 0), 0.5
        return found[::-1], buffer.astype(np.float32)[::-1]

    def reset(self, *, seed=None, options=None):
        self.place, self.time = 0.0, 0.0
        return self._observation(), {}

    def step(self, action):
        self.place, self.time = self.place + 0.02, self.time + STEP_S
        return self._observation(), 0.0, False, False, {}

    def _observation(self):
        xpos, xquat = np.array([[0, 0, 0], [0.4, self.place, 0.1]]), np.array([[1.0, 0, 0, 0]] * 2)
        self.sim.data = SimpleNamespace(time=self.time, xpos=xpos, xquat=xquat)
        return {"agentview_image": looked(self.place).rgb[::-1]}


class LikeGymnasiumsMuJoCo(LikeRobosuite):
    """As a `MujocoEnv` with its `MujocoRenderer` looks from outside: ids come as colours, the upper row first."""

    render_mode = "rgb_array"

    def __init__(self):
        super().__init__()
        self.observation_space = Box(-np.inf, np.inf, (1,), np.float64)
        self.model = self.sim.model
        self.model.ncam, self.model.camera = 1, lambda which: SimpleNamespace(name="wrist", id=0)
        scene = self.sim._render_context_offscreen.scn
        scene.flags, scene.ngeom = [0, 0], 3
        scene.geoms = [
            SimpleNamespace(segid=number, objtype=kind, objid=which) for number, kind, which in ((0, 5, 0), (1, 5, 1), (2, 6, 0))
        ]
        viewer = SimpleNamespace(scn=scene, vopt=self.options, render=self.view)
        self.mujoco_renderer = SimpleNamespace(viewer=viewer, camera_id=-1, width=SIZE, height=SIZE)

    @property
    def data(self):
        return self.sim.data

    def view(self, render_mode, camera_id):
        found, buffer = self.draw("", SIZE, SIZE)
        number = np.where(found[..., 0] == 6, 3, np.where(found[..., 0] < 0, 0, found[..., 1] + 1))[::-1]
        ids = np.stack([number, number * 0, number * 0], -1).astype(np.uint8)
        assert self.mujoco_renderer.viewer.scn.flags == ([1, 1] if render_mode == "rgbd_tuple" else [0, 0])
        return (ids, buffer[::-1]) if render_mode == "rgbd_tuple" else looked(self.place).rgb

    def render(self):
        return self.view("rgb_array", -1)

    def _observation(self):
        super()._observation()
        return np.array([self.place])
