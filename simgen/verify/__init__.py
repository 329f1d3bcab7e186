"""The gate: adherence of photographs to the physics that made them, measured, judged and acted upon."""

from simgen.verify.adherence import Adherence as Adherence
