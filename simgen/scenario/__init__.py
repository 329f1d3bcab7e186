"""Scenario (what a file in scenes/ says) and Scene (one concrete draw of it)."""

from simgen.scenario.draw import draw as draw
from simgen.scenario.load import from_dict as from_dict
from simgen.scenario.load import load as load
from simgen.scenario.scenario import Body as Body
from simgen.scenario.scenario import Scenario as Scenario
from simgen.scenario.scene import Scene as Scene
