"""Measurements of this machine: each a function without arguments that gives one dictionary of figures."""

from simgen.registry import Registry

REGISTRY = Registry(
    "measurement",
    "simgen.benches",
    {
        "engines": "simgen.bench.engines:run",
        "environment": "simgen.bench.environment:run",
        "gate": "simgen.bench.gate:run",
        "generate": "simgen.bench.generate:run",
        "neural": "simgen.bench.neural:run",
        "observe": "simgen.bench.observe:run",
        "pathtrace": "simgen.bench.pathtrace:run",
        "preview": "simgen.bench.preview:run",
    },
)
"""Every measurement by name; plugins join through the `simgen.benches` entry points."""
