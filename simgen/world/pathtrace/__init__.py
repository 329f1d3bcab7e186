"""Physically based path tracing (Mitsuba 3) of the Scene itself: materials, sun and sky, lamps, weather, denoised."""

from simgen.world.pathtrace.world import PathTrace as PathTrace
