"""Scenario (what a file in scenes/ says) and Scene (one concrete draw of it)."""

from simgen.scenario.scene import Scene as Scene
