"""Its being here puts this folder on the path, so that rooms' tests share the modules beside it."""

import simgen.headless  # noqa: F401  before any test imports MuJoCo
