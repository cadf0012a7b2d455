"""The network between the members of an etcd cluster, which one member can be cut off from.

Every member is known to the others by the port of a link, which carries what they say to the port where it listens. Who
is at the other end of a connection, the kernel's tables of sockets and of the members' open files say: a member that is
cut off neither hears nor reaches anybody, while clients reach it as ever.
"""

import contextlib
import os
import re
import select
import socket
import threading


def connects_from(process, port):
    """Whether this process has a connection whose own end is that port of the loopback interface."""
    inodes = set()
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in table.readlines()[1:]:
            fields = line.split()
            if int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(fields[9])
    with contextlib.suppress(OSError):
        for file in os.listdir(f"/proc/{process}/fd"):
            with contextlib.suppress(OSError):
                found = re.fullmatch(r"socket:\[(\d+)\]", os.readlink(f"/proc/{process}/fd/{file}"))
                if found and found[1] in inodes:
                    return True
    return False


class Links:
    """`running` are the members' processes by their number."""

    def __init__(self, running):
        self.running = running
        self.isolated = set()
        self.open = []
        self.lock = threading.Lock()

    def lead(self, index, listening):
        """A port that leads to the member's own one."""
        server = socket.create_server(("127.0.0.1", 0), backlog=64)
        threading.Thread(target=self.serve, args=(server, index, listening), daemon=True).start()
        return server.getsockname()[1]

    def serve(self, server, index, listening):
        while True:
            near, (_, port) = server.accept()
            threading.Thread(target=self.carry, args=(near, port, index, listening), daemon=True).start()

    def carry(self, near, port, index, listening):
        origin = next((n for n, process in list(self.running.items()) if connects_from(process.pid, port)), None)
        with contextlib.suppress(OSError), near, socket.create_connection(("127.0.0.1", listening), 5) as far:
            ends = {index, origin}
            with self.lock:
                if ends & self.isolated:
                    return
                self.open.append((ends, near, far))
            while True:
                for one in select.select([near, far], [], [])[0]:
                    content = one.recv(65536)
                    if not content:
                        return
                    (far if one is near else near).sendall(content)

    def isolate(self, index):
        with self.lock:
            self.isolated.add(index)
            for ends, *both in self.open:
                if index in ends:
                    for one in both:
                        with contextlib.suppress(OSError):
                            one.shutdown(socket.SHUT_RDWR)
            self.open = [link for link in self.open if index not in link[0]]

    def rejoin(self, index):
        with self.lock:
            self.isolated.discard(index)
