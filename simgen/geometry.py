"""Poses and cameras, and the conventions they keep.

SI units; radians; quaternions w, x, y, z; the world is right-handed with z up. Camera axes are OpenCV's: x right,
y down, z forward. Pixel (0, 0) is the upper-left pixel and its centre is (0.5, 0.5). `world_T_camera` takes points
from the camera's frame to the world's.
"""

from dataclasses import dataclass, field

import numpy as np
from pyquaternion import Quaternion

from simgen.errors import InvalidValue


def locked(array: np.ndarray) -> np.ndarray:
    """The same array, made read-only."""
    array.setflags(write=False)
    return array


@dataclass(frozen=True, eq=False)
class Pose:
    """A rigid transform: rotate, then translate."""

    position: np.ndarray
    """Translation in metres, float64, (3,)."""
    orientation: Quaternion
    """Rotation, unit quaternion w, x, y, z."""

    def __post_init__(self):
        position = np.array(self.position, dtype=np.float64).reshape(-1)
        if position.shape != (3,) or not np.all(np.isfinite(position)):
            raise InvalidValue("a position", self.position, "three finite numbers, in metres")
        if not np.isfinite(self.orientation.norm) or self.orientation.norm < 1e-9:
            raise InvalidValue("an orientation", list(self.orientation), "a quaternion w, x, y, z of non-zero length")
        object.__setattr__(self, "position", locked(position))
        object.__setattr__(self, "orientation", self.orientation.normalised)

    @classmethod
    def identity(cls) -> "Pose":
        return cls(np.zeros(3), Quaternion())

    @classmethod
    def from_wxyz(cls, position, wxyz) -> "Pose":
        """From a position in metres, (3,), and a quaternion w, x, y, z, (4,)."""
        return cls(position, Quaternion(np.asarray(wxyz, dtype=np.float64)))

    @classmethod
    def from_xyzw(cls, position, xyzw) -> "Pose":
        """From a position in metres, (3,), and a quaternion x, y, z, w, (4,), as PyBullet orders it."""
        x, y, z, w = xyzw
        return cls(position, Quaternion(w, x, y, z))

    @classmethod
    def from_row(cls, row) -> "Pose":
        """From x, y, z, w, x, y, z: position in metres, then the quaternion, (7,)."""
        return cls.from_wxyz(row[:3], row[3:7])

    @classmethod
    def from_matrix(cls, matrix) -> "Pose":
        """From a 4x4 homogeneous matrix."""
        matrix = np.asarray(matrix, dtype=np.float64)
        return cls(matrix[:3, 3], Quaternion(matrix=matrix[:3, :3], rtol=1e-4, atol=1e-6))

    @classmethod
    def looking(cls, eye, target, up=(0.0, 0.0, 1.0)) -> "Pose":
        """`world_T_camera` of a camera at `eye` whose optical axis meets `target`; `up` points up in the image."""
        eye, target = np.asarray(eye, dtype=np.float64), np.asarray(target, dtype=np.float64)
        forward = target - eye
        if np.linalg.norm(forward) < 1e-9:
            raise InvalidValue("look_at", list(target), "a point away from the camera")
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, np.asarray(up, dtype=np.float64))
        if np.linalg.norm(right) < 1e-6:  # looking straight up or down: any right will do, take the world's x
            right = np.cross(forward, np.array([0.0, 1.0, 0.0]))
        right = right / np.linalg.norm(right)
        matrix = np.eye(4)
        matrix[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
        matrix[:3, 3] = eye
        return cls.from_matrix(matrix)

    @property
    def rotation(self) -> np.ndarray:
        """Rotation matrix, float64, (3, 3)."""
        return self.orientation.rotation_matrix

    @property
    def matrix(self) -> np.ndarray:
        """Homogeneous matrix, float64, (4, 4)."""
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = self.rotation, self.position
        return matrix

    @property
    def wxyz(self) -> np.ndarray:
        """Quaternion w, x, y, z, float64, (4,)."""
        return np.array(self.orientation.elements, dtype=np.float64)

    @property
    def xyzw(self) -> np.ndarray:
        """Quaternion x, y, z, w, float64, (4,), as PyBullet orders it."""
        return np.roll(self.wxyz, -1)

    @property
    def row(self) -> np.ndarray:
        """Position in metres, then the quaternion w, x, y, z, float64, (7,)."""
        return np.concatenate([self.position, self.wxyz])

    def inverse(self) -> "Pose":
        inverse = self.orientation.inverse
        return Pose(-inverse.rotate(self.position), inverse)

    def __matmul__(self, other: "Pose") -> "Pose":
        """a_T_b @ b_T_c = a_T_c."""
        return Pose(self.position + self.orientation.rotate(other.position), self.orientation * other.orientation)

    def apply(self, points) -> np.ndarray:
        """Points, (..., 3), taken from this pose's frame to its parent's."""
        return np.asarray(points) @ self.rotation.T + self.position


@dataclass(frozen=True)
class Intrinsics:
    """A pinhole camera in pixels, with optional Brown-Conrady lens distortion (OpenCV's k1, k2, p1, p2, k3)."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float
    distortion: tuple[float, float, float, float, float] = field(default=(0.0, 0.0, 0.0, 0.0, 0.0))

    def __post_init__(self):
        if self.width < 1 or self.height < 1:
            raise InvalidValue("an image size", (self.width, self.height), "at least one pixel each way")
        if not (self.fx > 0 and self.fy > 0):
            raise InvalidValue("a focal length", (self.fx, self.fy), "greater than 0 pixels")

    @classmethod
    def from_fov_y(cls, width: int, height: int, fov_y: float, distortion=(0.0,) * 5) -> "Intrinsics":
        """Square pixels and a centred axis; `fov_y` is the vertical field of view in radians."""
        f = 0.5 * height / np.tan(0.5 * fov_y)
        return cls(width, height, f, f, 0.5 * width, 0.5 * height, tuple(distortion))

    @property
    def K(self) -> np.ndarray:
        """Camera matrix, float64, (3, 3)."""
        return np.array([[self.fx, 0.0, self.cx], [0.0, self.fy, self.cy], [0.0, 0.0, 1.0]])

    @property
    def distorted(self) -> bool:
        return any(self.distortion)

    def project(self, points: np.ndarray) -> np.ndarray:
        """Pixel coordinates, float64, (..., 2), of points in the camera frame, (..., 3); NaN behind the camera."""
        x, y, z = np.moveaxis(np.asarray(points, dtype=np.float64), -1, 0)
        z = np.where(z > 0, z, np.nan)
        x, y = x / z, y / z
        if self.distorted:
            x, y = self._distort(x, y)
        return np.stack([self.fx * x + self.cx, self.fy * y + self.cy], axis=-1)

    def rays(self) -> np.ndarray:
        """Directions through every pixel centre in the camera frame with z = 1, float64, (H, W, 3)."""
        u, v = np.meshgrid(np.arange(self.width) + 0.5, np.arange(self.height) + 0.5)
        x, y = (u - self.cx) / self.fx, (v - self.cy) / self.fy
        if self.distorted:
            x, y = self._undistort(x, y)
        return np.stack([x, y, np.ones_like(x)], axis=-1)

    def _distort(self, x, y):
        """Brown (1966), as OpenCV writes it."""
        k1, k2, p1, p2, k3 = self.distortion
        r2 = x * x + y * y
        radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        return x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x), y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y

    def _undistort(self, x, y):
        """Inverse of `_distort` by Newton's method on a numeric Jacobian; converges for lenses that do not fold the image."""
        u, v = x.copy(), y.copy()
        step = 1e-6
        for _ in range(20):
            du, dv = self._distort(u, v)
            ex, ey = du - x, dv - y
            if max(np.abs(ex).max(), np.abs(ey).max()) < 1e-12:
                return u, v
            ax, ay = self._distort(u + step, v)
            bx, by = self._distort(u, v + step)
            a, c, b, d = (ax - du) / step, (ay - dv) / step, (bx - du) / step, (by - dv) / step
            determinant = a * d - b * c
            u, v = u - (d * ex - b * ey) / determinant, v - (a * ey - c * ex) / determinant
        if not max(np.abs(ex).max(), np.abs(ey).max()) < 1e-9:
            raise InvalidValue("distortion", self.distortion, "weak enough not to fold the image over itself")
        return u, v


@dataclass(frozen=True, eq=False)
class CameraView:
    """A camera at one instant."""

    name: str
    intrinsics: Intrinsics
    world_T_camera: Pose
    near: float = 0.01
    """Nearest distance drawn, metres along the optical axis."""
    far: float = 20.0
    """Farthest distance drawn, metres along the optical axis; what lies beyond is background."""
