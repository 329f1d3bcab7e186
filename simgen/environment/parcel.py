"""Parcels: objects sent from one process to another, their arrays through shared memory instead of the pipe."""

import pickle
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from typing import Any

ALIGNMENT = 64
"""Bytes to whose multiples arrays are put."""


class Post:
    """One direction of a connection between a parent and its own child process, which trust one another."""

    def __init__(self, connection: Connection, memory: SharedMemory):
        """Use a pipe for what an object says and a block for its arrays; what finds no room in the block goes through the pipe."""
        self._connection, self._memory = connection, memory

    def send(self, thing: Any) -> None:
        """Send anything that can be pickled. The block is taken until the other side has received it."""
        arrays: list[pickle.PickleBuffer] = []
        said = pickle.dumps(thing, protocol=5, buffer_callback=arrays.append)
        places, end = [], 0
        for array in arrays:
            content = array.raw()
            if end + content.nbytes <= self._memory.size:
                self._memory.buf[end : end + content.nbytes] = content
                places.append((end, content.nbytes))
                end += -(-content.nbytes // ALIGNMENT) * ALIGNMENT
            else:
                places.append(bytes(content))
        self._connection.send((said, places))

    def receive(self) -> Any:
        """What the other side sent, with arrays of its own.

        Raises:
            EOFError, OSError: if there is nobody any more.
        """
        said, places = self._connection.recv()
        arrays = [bytearray(place) if isinstance(place, bytes) else bytearray(self._memory.buf[place[0] : sum(place)]) for place in places]
        return pickle.loads(said, buffers=arrays)
