"""Bodies that tests place."""

TABLE = {"shape": {"box": {"size": [1.0, 1.4, 0.04]}}, "fixed": True, "label": "table", "position": [0.5, 0.0, -0.02]}
"""Its top is at height 0, from x 0 to 1 and y -0.7 to 0.7."""


def cube(edge: float = 0.04, **more) -> dict:
    return {"shape": {"box": {"size": [edge] * 3}}, **more}


def tray(**more) -> dict:
    """A hollow thing, its rim 6.7 cm above its origin."""
    return {"shape": {"urdf": {"file": "package://pybullet_data/tray/tray.urdf", "scale": 0.5}}, "label": "tray", **more}
