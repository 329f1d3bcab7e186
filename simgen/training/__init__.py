"""Training of the neural world: pairs of cheap and path-traced light, the network's fitting, and what it reached."""
