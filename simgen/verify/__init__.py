"""The gate: adherence of photographs to the physics that made them, measured, judged and acted upon."""

from simgen.verify.adherence import Adherence as Adherence
from simgen.verify.gate import Anchored as Anchored
from simgen.verify.gate import Attempt as Attempt
from simgen.verify.gate import Gated as Gated
from simgen.verify.gate import Policy as Policy
from simgen.verify.gate import adherence as adherence
from simgen.verify.gate import gate as gate
from simgen.verify.limits import Limits as Limits
from simgen.verify.measure import METRICS as METRICS
from simgen.verify.measure import Measurement as Measurement
from simgen.verify.measure import measure as measure
from simgen.verify.reference import References as References
from simgen.verify.reference import references as references
from simgen.verify.watch import Watch as Watch
