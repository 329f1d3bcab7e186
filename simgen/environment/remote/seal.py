"""A server's seal: what it sealed itself it knows again, and nobody else can make it."""

import hashlib
import hmac
import secrets

from simgen.errors import InvalidValue

LENGTH = hashlib.sha256().digest_size


class Seal:
    """A key of 32 random bytes that never leaves the process."""

    def __init__(self):
        self._key = secrets.token_bytes(32)

    def sealed(self, content: bytes) -> bytes:
        """The content behind its seal, `LENGTH` bytes."""
        return hmac.digest(self._key, content, "sha256") + content

    def opened(self, blob: bytes) -> bytes:
        """The content, looked at by nobody before the seal was.

        Raises:
            InvalidValue: this server did not seal it, or it was changed since.
        """
        seal, content = blob[:LENGTH], blob[LENGTH:]
        if not hmac.compare_digest(seal, hmac.digest(self._key, content, "sha256")):
            raise InvalidValue("the snapshot", f"{len(blob)} bytes", "one that this server made while it ran")
        return content
