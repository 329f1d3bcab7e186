"""Choice of cameras."""

from collections.abc import Iterable, Sequence

from simgen.errors import InvalidValue, UnknownName


def chosen(cameras: Sequence[str] | None, known: Iterable[str], hint: str) -> tuple[str, ...]:
    """The cameras that were asked for, or all.

    Args:
        cameras: by name; None is all.
        known: those that can be photographed.
        hint: what an environment of which there are none must be.

    Raises:
        UnknownName: if one is not there.
        InvalidValue: if there are none.
    """
    known = tuple(known)
    if not known:
        raise InvalidValue("the cameras of the environment", known, hint)
    for camera in cameras or ():
        if camera not in known:
            raise UnknownName("camera", camera, known)
    return known if cameras is None else tuple(cameras)
