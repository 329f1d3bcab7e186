"""How far two engines part: one Scene, one sequence of actions, and a figure that means something beside two floors.

The floors are the first engine's own: its run with physics steps of half the length, and its run from places moved by a micrometre.
Where two engines part no farther than those, they agree as well as the scene allows.
"""
