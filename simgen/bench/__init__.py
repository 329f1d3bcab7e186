"""Measurements of this machine: each a function without arguments that gives one dictionary of figures."""

BUILT_IN = {
    "generate": "simgen.bench.generate:run",
    "observe": "simgen.bench.observe:run",
}


def table() -> dict[str, str]:
    """Every measurement by name, `module:function`."""
    return dict(BUILT_IN)
