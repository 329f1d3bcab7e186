"""Arrays: how what is not SimGen's enters the arrow: another simulator's cameras or a log become Frames, and Frames Observations.

    now = Frame(view, time_ns, rgb, depth, instance)
    observation = observed(now, before)

What nobody gave is worked out where it follows from what was given, and is not known where it does not.
"""

from simgen.arrays.frame import Frame as Frame
from simgen.arrays.light import unshadowed as unshadowed
from simgen.arrays.normal import normals as normals
from simgen.arrays.observed import observed as observed
