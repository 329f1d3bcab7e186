"""The parts of `simgen.simulator.pybullet`: they are handed its engine, so that PyBullet itself has one door."""
