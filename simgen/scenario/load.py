"""Reading a scenario: YAML to Scenario, every failure one sentence with file, key and mend."""

import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from simgen.errors import InvalidScenario
from simgen.scenario.complaint import invalid
from simgen.scenario.scenario import Scenario


def load(path: str | Path) -> Scenario:
    """The scenario a YAML file says.

    Raises:
        InvalidScenario: if it cannot be read, is not YAML, or says no possible world.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise InvalidScenario(path, "", f"cannot be read ({reason}); name a YAML file.") from error
    return _scenario(_parse(path, text), path, path.resolve().parent)


def from_dict(data: dict[str, Any], folder: str | Path | None = None) -> Scenario:
    """The scenario that plain data says, as a YAML file would; `folder` is where its files are looked for first.

    Raises:
        InvalidScenario: if it says no possible world.
    """
    return _scenario(data, "scenario", None if folder is None else Path(folder))


def _scenario(data: Any, file: object, folder: Path | None) -> Scenario:
    if not isinstance(data, dict):
        kind = "empty" if data is None else "a list" if isinstance(data, list) else "a single value"
        raise InvalidScenario(file, "", f"is {kind}; a scenario is a mapping that begins with schema_version: 1.")
    try:
        return Scenario.model_validate(data, context={"file": file, "folder": folder})
    except ValidationError as error:
        raise invalid(file, data, error) from error


def _parse(path: Path, text: str) -> Any:
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InvalidScenario(path, "", f"is not YAML{line}: {error.problem}; mend it there.") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidScenario(path, "", f"is not YAML: {' '.join(str(error).split())}; mend it.") from error


class _Loader(yaml.SafeLoader):
    """Safe YAML in which a key may stand only once and 1e-3 is a number, as in YAML 1.2."""

    def construct_mapping(self, node, deep=False):
        seen = {}
        for key, _ in node.value:
            if key.value in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key.value}' stands twice, first in line {seen[key.value]}", key.start_mark
                )
            if isinstance(key, yaml.ScalarNode):
                seen[key.value] = key.start_mark.line + 1
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+[eE][-+]?[0-9]+$"), list("-+0123456789"))
