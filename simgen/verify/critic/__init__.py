"""The critic: looks at a photograph alone and says how far everything is, and where one thing ends and another begins.

reading = critic.read(photograph)                     # sRGB, uint8, (H, W, 3)
reading.log_depth, reading.boundary                   # float32, (H, W) each
"""

from simgen.verify.critic.reading import Reading as Reading
from simgen.verify.critic.reading import read as read
from simgen.verify.critic.weights import UnusableCritic as UnusableCritic
from simgen.verify.critic.weights import load as load
