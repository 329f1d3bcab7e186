"""Scenario: what a file in scenes/ says. Every value is a constant or a distribution."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr, ValidationInfo, model_validator

from simgen.errors import InvalidScenario, UnknownName
from simgen.scenario.classes import CLASSES
from simgen.scenario.distribution import DISTRIBUTIONS, Count, Vector
from simgen.scenario.files import check_files
from simgen.scenario.orientation import Orientation
from simgen.scenario.relation import ClutterOn, Facing, Inside, NextTo, OnTopOf, Relation, in_order, reference
from simgen.scenario.robot import robots
from simgen.scenario.scene import BodyProperties, Identifier, Stage

ROBOT = "robot"
"""What mounts and `facing` call the robot."""


class Body(BodyProperties):
    """A body of a Scenario: what it is, where it may stand, and how many there are."""

    position: Vector | None = None
    """Metres, world frame, of the body's frame; give this or `place`."""
    orientation: Orientation | None = None
    """None is unturned."""
    place: list[Relation] = []
    """Relations that must hold at once."""
    count: Count = 1.0
    """Copies; where there may be more than one they are called `<name>_0`, `<name>_1` and so on."""

    @model_validator(mode="after")
    def _stands_in_one_place(self):
        located = self.support is not None or self.next_to is not None
        if located == (self.position is not None):
            raise ValueError("give either a position or a place such as [{on_top_of: table}]")
        if len({type(relation) for relation in self.place} - {NextTo, Facing}) > 1:
            raise ValueError("place must name one thing to stand on: one of on_top_of, clutter_on and inside")
        if len({type(relation) for relation in self.place}) < len(self.place):
            raise ValueError("place must not hold two relations of one kind")
        if self.facing and self.orientation:
            raise ValueError("give either an orientation or facing")
        if self.next_to and isinstance(self.support, Inside):
            raise ValueError("next_to does not go with inside; use on_top_of or leave one out")
        return self

    @property
    def support(self) -> OnTopOf | ClutterOn | Inside | None:
        """What says on or in what the body stands."""
        return self._relation(OnTopOf, ClutterOn, Inside)

    @property
    def ground(self) -> str | None:
        """Name of the body on whose top it is said to stand."""
        return None if isinstance(self.support, Inside) or self.support is None else reference(self.support)

    @property
    def next_to(self) -> NextTo | None:
        return self._relation(NextTo)

    @property
    def facing(self) -> Facing | None:
        return self._relation(Facing)

    def _relation(self, *kinds: type) -> Any:
        return next((relation for relation in self.place if isinstance(relation, kinds)), None)

    @property
    def references(self) -> list[str]:
        """Names of the bodies that must stand before this one can."""
        return [name for name in map(reference, self.place) if name not in (None, ROBOT)]

    @property
    def fewest(self) -> int:
        """The smallest number of copies."""
        return int(self._counts()[0])

    @property
    def most(self) -> int:
        """The largest number of copies; so many body ids are reserved."""
        return int(self._counts()[1])

    def _counts(self) -> tuple[float, float]:
        return self.count.support() if isinstance(self.count, DISTRIBUTIONS) else (self.count, self.count)

    def copies(self, name: str) -> list[str]:
        """Names of all the copies there may be."""
        return [name] if self.most == 1 else [f"{name}_{number}" for number in range(self.most)]


class Scenario(Stage):
    """What a scenario file says. `load` reads one from YAML, `from_dict` takes plain data.

    Raises:
        InvalidScenario: if a name, class or file that it refers to does not exist, or bodies stand on each other in a circle.
    """

    bodies: dict[Identifier, Body] = {}
    """Ids follow the order of the file, from 2."""
    _file: str = PrivateAttr("scenario")
    _folder: Path | None = PrivateAttr(None)

    @property
    def file(self) -> str:
        """What messages call the file this came from."""
        return self._file

    @property
    def folder(self) -> Path | None:
        """Where that file stands, for files named beside it; None for plain data."""
        return self._folder

    def model_post_init(self, context: Any) -> None:
        self._file = str((context or {}).get("file", self.name))
        self._folder = (context or {}).get("folder")

    @model_validator(mode="after")
    def _possible(self, info: ValidationInfo):
        self._check_names()
        self._check_classes()
        self._check_references()
        check_files(self.file, self.folder, self.bodies, self.robot)
        return self

    def __reduce__(self):  # as data: pickle finds no generic class, such as a choice of kinds, that is made inside another
        return _rebuilt, (self.model_dump(mode="json"), self._file, self._folder)

    def _refuse(self, key: str, problem: str):
        raise InvalidScenario(self.file, key, problem)

    def _check_known(self, key: str, kind: str, name: str, known: Iterable[str]):
        if name in known:
            return
        if kind == "body" and name in self.bodies:
            few, many = self.bodies[name].fewest, self.bodies[name].most
            self._refuse(key, f"there may be {few} to {many} of '{name}'; name a body that is always there: {', '.join(known)}.")
        self._refuse(key, str(UnknownName(kind, name, known)))

    def _check_names(self):
        names = [copy for name, body in self.bodies.items() for copy in body.copies(name)]
        for name in self.bodies:
            if name == ROBOT:
                self._refuse(f"bodies.{name}", "this name means the robot; choose another.")
        for name in names:
            if names.count(name) > 1:
                self._refuse(f"bodies.{name}", "is also the name of a copy of another body; rename one of them.")

    def _check_classes(self):
        for name, number in self.classes.items():
            if name in CLASSES:
                self._refuse(f"classes.{name}", f"is class {CLASSES[name]} of the global table already; leave it out.")
            if list(self.classes.values()).count(number) > 1:
                self._refuse(f"classes.{name}", f"the id {number} is given twice; choose another from 200 to 254.")
        for name, body in self.bodies.items():
            self._check_known(f"bodies.{name}.label", "class", body.label, [*list(CLASSES)[1:], *self.classes])

    def _check_references(self):
        there = [copy for name, body in self.bodies.items() for copy in body.copies(name)[: body.fewest]]
        anything = [*there, ROBOT] if self.robot else there
        for name, body in self.bodies.items():
            for number, relation in enumerate(body.place):
                target = reference(relation)
                if target is not None:
                    known = anything if isinstance(relation, Facing) else there
                    self._check_known(f"bodies.{name}.place.{number}", "body", target, known)
        self._check_circles()
        if self.robot is not None:
            self._check_known("robot.name", "robot", self.robot.name, list(robots()))
        for name, camera in self.cameras.items():
            if camera.mount is not None:
                self._check_known(f"cameras.{name}.mount.body", "body", camera.mount.body, anything)
        for role, name in (self.task.roles if self.task else {}).items():
            self._check_known(f"task.roles.{role}", "body", name, there)

    def _check_circles(self):
        kinds = {copy: name for name, body in self.bodies.items() for copy in body.copies(name)}
        standing = in_order({name: [kinds[target] for target in body.references] for name, body in self.bodies.items()})
        for name in self.bodies:
            if name not in standing:
                self._refuse(f"bodies.{name}.place", "refers in a circle, back to itself; give one of the bodies a position.")


def _rebuilt(data: dict[str, Any], file: str, folder: Path | None) -> Scenario:
    return Scenario.model_validate(data, context={"file": file, "folder": folder})
