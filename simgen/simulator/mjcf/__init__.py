"""MJCF, MuJoCo's language: the physics of a Scene as text, and its looks, for engines that read it. Engines are handed over."""
