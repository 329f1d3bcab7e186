"""Environments: the arrow closed into a loop, in which policies act upon physics and see photographs of it."""
