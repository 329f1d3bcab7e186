"""The neural world: cheap light made as good as traced light by a small network, in real time."""
