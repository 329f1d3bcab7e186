"""Files that survive a kill: written aside, forced to the disk, then renamed into place."""

import errno
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from simgen.errors import CannotWrite

REASONS = tuple(
    os.strerror(code)
    for code in (
        *(errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG, errno.EIO),
        *(errno.ENOTDIR, errno.EEXIST, errno.ENOENT),
    )
)
"""What the system says when a place cannot be written."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Whatever goes wrong with the disk inside is about `path`.

    Raises:
        CannotWrite: on a full or read-only disk, missing permission, or a file where a folder should be.
    """
    try:
        yield
    # HDF5 and the video encoders pass the system's words on in exceptions of their own
    except (OSError, RuntimeError) as error:
        reason = next((reason for reason in REASONS if reason in str(error)), None)
        if reason is None:
            raise
        raise CannotWrite(path, reason[0].lower() + reason[1:]) from error


def write_json(path: Path, content: object) -> None:
    """Sorted JSON, whole or not at all."""
    aside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    aside.write_text(json.dumps(content, sort_keys=True, indent=1) + "\n")
    _sync(aside)
    os.replace(aside, path)
    _sync(path.parent)


def publish(folder: Path, place: Path) -> bool:
    """Rename a finished folder into place, durably; False where someone else's already stands there."""
    for parent, _, names in os.walk(folder):
        for name in names:
            _sync(Path(parent, name))
        _sync(Path(parent))
    try:
        os.rename(folder, place)
    except OSError as error:
        if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
            return False
        raise
    _sync(place.parent)
    return True


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
