"""Rooms: floor, walls and what stands around a robot, built from parts, every one made of something."""
