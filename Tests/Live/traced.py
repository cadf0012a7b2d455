"""What strace's record of a run tells: which calls it makes on which files, by names that the next run has too.

Runs are in a process namespace (`unshare -mpf --mount-proc`), so that the process's number, which is in the names of its
files, is the same each time, or nearly.
"""

import collections
import os
import re

# The process's number in its namespace: strace begins some of its own before.
NUMBERS = range(2, 40)
# Descriptors that are no files.
OTHERS = {"anon_inode:inotify": "inotify"}


def calls(log):
    for line in open(log):
        match = re.match(r"(\d+) +(\w+)\((.*)", line)
        if match:
            yield match.groups()


def counts(log):
    """How often each call is made in one thread."""
    found = collections.Counter()
    for (_, call), count in collections.Counter((thread, call) for thread, call, _ in calls(log)).items():
        # The start of the program is no call on a file of its.
        if call != "execve":
            found[call] = max(found[call], count)
    return found


def paths(log, folder):
    """All below the folder that the run asked for, and the folders on the way there."""
    found = set()
    for _, _, rest in calls(log):
        found.update(path for path in re.findall(r'"([^"]*)"', rest) if path == folder or path.startswith(folder + "/"))
    above = os.path.dirname(folder)
    while above != "/":
        found.add(above)
        above = os.path.dirname(above)
    return [place.replace(folder, "FOLDER") for place in sorted(found)] + list(OTHERS)


def filters(places, folder):
    """The recorded paths in another folder. The number of the process is never the same by much."""
    words = []
    for place in places:
        match = re.match(r"(.*\.rollout-new-|.*/in-place-)\d+(-\d+)$", place)
        names = [f"{match[1]}{number}{match[2]}" for number in NUMBERS] if match else [place]
        words += [word for name in names for word in ("-P", name.replace("FOLDER", folder))]
    return words
