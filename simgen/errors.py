"""Every exception of SimGen. Each takes facts and writes its own sentence, ending in what to do."""

from collections.abc import Iterable
from difflib import get_close_matches


class SimGenError(Exception):
    """Something the user can mend; the command line prints it as one sentence and exits with status 2."""

    def __reduce__(self):  # from its finished sentence, so that a worker process can hand it over whatever facts made it
        return _rebuilt, (type(self), str(self), vars(self))


def _rebuilt(kind: type[SimGenError], sentence: str, facts: dict) -> SimGenError:
    error = kind.__new__(kind, sentence)
    vars(error).update(facts)
    return error


class UnknownName(SimGenError):
    """A name that is not on its shelf or in its table."""

    def __init__(self, kind: str, name: str, known: Iterable[str]):
        known = sorted(known)
        close = get_close_matches(name, known, n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        super().__init__(f"No {kind} is called '{name}'.{hint} Known: {', '.join(known) or 'none'}.")


class MissingExtra(SimGenError):
    """An optional package that is not installed."""

    def __init__(self, package: str, extra: str):
        super().__init__(f"{package} is not installed. Run: pip install 'simgen[{extra}]'")


class ShapeMismatch(SimGenError):
    """Two arrays that must agree in shape and do not."""

    def __init__(self, name: str, shape: tuple, expected_of: str, expected: tuple):
        super().__init__(f"{name} has shape {tuple(shape)} but {expected_of} asks for {tuple(expected)}; pass arrays of one size.")


class InvalidValue(SimGenError):
    """A value outside what its meaning allows."""

    def __init__(self, name: str, value: object, must: str):
        super().__init__(f"{name} is {value!r}; it must be {must}.")


class InvalidScenario(SimGenError):
    """A scenario file that does not say a possible world: names the file, the key and the mend."""

    def __init__(self, file: object, key: str, problem: str):
        where = f"{file}: {key}" if key else f"{file}"
        super().__init__(f"{where}: {problem}")


class AssetError(SimGenError):
    """A mesh, URDF, MJCF or texture that is missing, empty or unreadable, or says what cannot be kept."""

    def __init__(self, file: object, problem: str):
        super().__init__(f"{file}: {problem}")


class PlacementFailed(SimGenError):
    """No collision-free, settled arrangement was found; carries the histogram of reasons."""

    def __init__(self, scenario: str, tries: int, reasons: dict[str, int]):
        self.reasons = dict(reasons)
        counts = ", ".join(f"{reason}: {n}" for reason, n in sorted(reasons.items(), key=lambda item: -item[1]))
        super().__init__(
            f"{scenario}: no arrangement fits after {tries} tries ({counts}). "
            "Give the bodies more room, fewer neighbours or smaller margins."
        )


class OutputExists(SimGenError):
    """A finished dataset stands where the output should go."""

    def __init__(self, path: object):
        super().__init__(f"{path} already exists. Choose another --out, or pass --overwrite to replace it.")


class CannotWrite(SimGenError):
    """The output folder cannot be written: read-only, or the disk is full."""

    def __init__(self, path: object, reason: str):
        super().__init__(f"Cannot write {path}: {reason}. Free some space or choose another --out.")


class ExpertFails(SimGenError):
    """The scripted expert fails so often that the dataset would never fill."""

    def __init__(self, scenario: str, attempts: int, successes: int):
        super().__init__(
            f"{scenario}: the expert succeeded in {successes} of {attempts} attempts. "
            "Make the task easier, or keep the failures with --keep-failed."
        )


class GateRefuses(SimGenError):
    """Photographs that leave the physics so often that the dataset would never fill."""

    def __init__(self, name: str, episodes: int, world: str):
        super().__init__(
            f"{name}: the gate left out {episodes} episodes of which the world '{world}' did not show what the physics says. "
            "Choose another --world or a milder --weather, or keep them with --gate flag."
        )


class OtherAssets(SimGenError):
    """A file that a recorded scene refers to and that is another one by now."""

    def __init__(self, reference: str):
        super().__init__(f"{reference} is not the file that this dataset was recorded with. Restore it, or name its folder with --assets.")


class NoControls(SimGenError):
    """A dataset that shows what was there but does not say it."""

    def __init__(self, path: object):
        super().__init__(
            f"{path} carries no controls: neither SimGen's truth nor, beside the pictures of a camera, their depth and segmentation. "
            "Give it <camera>_depth and <camera>_seg features, or record it with: simgen generate --labels lerobot"
        )


class BadRecording(SimGenError):
    """A recording of another simulator of which a part is missing, damaged or not what it should be."""

    def __init__(self, place: object, problem: str):
        super().__init__(f"{place}: {problem}. Restore it or record it again, then import it anew.")


class UnknownRecording(SimGenError):
    """A file or folder that is no recording of any known kind."""

    def __init__(self, path: object, known: Iterable[str]):
        super().__init__(
            f"{path} is no recording that can be imported; known kinds: {', '.join(sorted(known))}. "
            "Give its kind with --format, or lay it out as the kind 'folder' is: simgen import --help"
        )


class LacksControls(SimGenError):
    """A recording that shows what was there but does not say it."""

    def __init__(self, place: object, camera: str, lacking: Iterable[str]):
        super().__init__(
            f"{place} shows camera '{camera}' without {' and '.join(lacking)}, and no other camera has all of it. "
            "Give it these, too: what is photographed anew must have a shape."
        )


class WorkerDied(SimGenError):
    """A worker process ended without a word, usually for want of memory."""

    def __init__(self, kept: int):
        super().__init__(
            f"A worker process was killed; {kept} finished episodes are kept. Run the same command again, with fewer --workers."
        )


class BadCommandLine(SimGenError):
    """Flags or values that a command does not take."""

    def __init__(self, problem: str, command: str):
        super().__init__(f"{problem}. Run: {command} --help")


class DamagedDataset(SimGenError):
    """A dataset of which a part is missing or unreadable."""

    def __init__(self, path: object, problem: str):
        super().__init__(f"{path}: {problem}. Restore it from a copy, or generate the dataset again.")


class DamagedRecord(SimGenError):
    """A file that does not hold what checks found out about a simulator."""

    def __init__(self, file: object, problem: str):
        super().__init__(f"{file}: {problem}. Remove it and run: simgen conformance")


class UnfinishedJob(SimGenError):
    """Work of another job stands where this one keeps its own."""

    def __init__(self, path: object, key: str, there: object, here: object):
        super().__init__(
            f"{path} holds an unfinished dataset made with {key} {there}, not {here}. "
            "Finish it with its own command, choose another --out, or pass --overwrite to discard it."
        )


class UnusableLibrary(SimGenError):
    """An installed package that the system cannot load."""

    def __init__(self, package: str, reason: str):
        super().__init__(f"{package} is installed but cannot be loaded ({reason}). Install what it names, then run: simgen doctor")


class Unsettled(SimGenError):
    """Bodies of one arrangement that do not stay where they were put; the next draw may."""

    def __init__(self, reason: str, body: str):
        self.reason = reason
        super().__init__(f"{body}: {reason} while the scene came to rest. Draw the scene again, or give its bodies more room and support.")


class DamagedLimits(SimGenError):
    """A file that does not hold the limits of the gate."""

    def __init__(self, file: object, problem: str):
        super().__init__(f"{file}: {problem}. Make it anew with: simgen verify DATASET --calibrate {file}")


class NothingServed(SimGenError):
    """An address at which no environment can be reached."""

    def __init__(self, address: str, reason: str):
        super().__init__(f"No environment is served at {address} ({reason}). Check the address and its certificate, or run: simgen serve")


class CannotServe(SimGenError):
    """A host and port that an environment cannot be served at."""

    def __init__(self, address: str, reason: str):
        super().__init__(f"Cannot serve at {address}: {reason}. Choose another --port, or a --host of this machine.")


class WrongToken(SimGenError):
    """A remote environment that does not know the caller."""

    def __init__(self, address: str):
        super().__init__(f"The environment at {address} refuses the token. Give the one its server printed or was started with.")


class EnvironmentInUse(SimGenError):
    """A remote environment that serves another client; it serves one at a time."""

    def __init__(self, address: str):
        super().__init__(f"The environment at {address} is in use by another client. Finish that one first, or start another server.")


class ConnectionLost(SimGenError):
    """A remote environment that went away while it was in use."""

    def __init__(self, address: str, verb: str, reason: str):
        super().__init__(
            f"The environment at {address} was lost during {verb} ({reason}). Check its server, then connect again and reset."
        )


class NoAnswer(SimGenError):
    """A remote environment that takes longer than the caller waits."""

    def __init__(self, address: str, verb: str, seconds: int):
        super().__init__(
            f"The environment at {address} did not answer {verb} within {seconds:g} s. Check its server, or give connect a longer timeout."
        )


class CannotTravel(SimGenError):
    """A value that no message between a policy and a remote environment can carry."""

    def __init__(self, what: str):
        super().__init__(f"{what} cannot travel to or from a remote environment. Use arrays of numbers, text, numbers, lists and dicts.")


class BadMessage(SimGenError):
    """A message that a remote environment does not understand."""

    def __init__(self, problem: str):
        super().__init__(f"The message {problem}. Use simgen.environment.remote.connect of the server's version to speak to it.")


class RemoteFault(SimGenError):
    """An exception in a remote environment that is none of SimGen's."""

    def __init__(self, sentence: str):
        super().__init__(f"The remote environment failed: {sentence}. Check the log of its server.")


class OffThePhysics(SimGenError):
    """A photograph that does not show what the physics says, where nobody wants to go on from one."""

    def __init__(self, world: str, camera: str, reasons: Iterable[str]):
        super().__init__(
            f"The world '{world}' drew camera '{camera}' off the physics ({', '.join(reasons)}). "
            "Choose gate='replace', 'repeat' or 'flag', or reset the environment."
        )


class WorkerKeepsDying(SimGenError):
    """Processes that die of the same request, one after the other."""

    def __init__(self, tries: int):
        super().__init__(
            f"{tries} worker processes died of the same request, usually for want of memory. "
            "Make the environment with fewer rows or processes, or smaller pictures."
        )
