"""An environment in one place, its policy in another: another process, container or machine.

    server = serve(env)                             # or: simgen serve pick_place
    env = connect("127.0.0.1:5560", token)          # a gymnasium.vector.VectorEnv like the one that is served

**Protocol.** A client opens one bidirectional gRPC stream (`/simgen.Environment/Session`) with its token in the header
`authorization: Bearer ...`. The stream is its lease: while it lives, everybody else is refused; when it ends, because the client
closes it, dies, or is not heard of for 40 s, the environment is free, and the next client has to reset it before it sees
anything. On the stream, every question gets one answer. Both are safetensors blobs: arrays by name, and a tensor `say` of JSON
that says what they are part of. The verbs are describe, reset, step, render and snapshot (`request.VERBS`). All calls of the
environment happen in one thread.

**What is defended.** Strangers: the token is compared in constant time before a message is read. Clients with a token that are
broken or hostile: nothing in a message can be executed (no pickle), sizes, depths, types, shapes and names are checked before
the environment hears of them, a scene is a name from the shelf and never a path, and a snapshot is handed to the simulator only
with the seal of this server, so that its file formats are never parsed from afar. Memory: messages, headers, calls and
connections are bounded.

**What is not.** Without a certificate the channel is not encrypted: whoever is on the way can read the token and everything
else, so by default only this machine is listened to. Values of actions are the environment's to judge. Who has the token may
keep the environment, or the machine, busy as long as he likes; strangers may use up the connections, which costs others the
way in but nobody a session. A client trusts its server with its memory, though not with its process.
"""

from simgen.environment.remote.client import RemoteVectorEnv as RemoteVectorEnv
from simgen.environment.remote.client import connect as connect
from simgen.environment.remote.protocol import VARIABLE as VARIABLE
from simgen.environment.remote.server import Server as Server
from simgen.environment.remote.server import serve as serve
