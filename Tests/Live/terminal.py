"""A person at a terminal, for tests: types at a program, sees its screen, and plays the shell that it was started from.

  terminal.py COLUMNS ROWS SCRIPT PROGRAM [WORD...]

SCRIPT is a JSON list of steps, done one after another; each has one member:

  see TEXT         wait until the screen shows the text
  count [TEXT, N]  wait until the program has written the text so often
  miss TEXT        wait until the screen does not show it any more
  type TEXT        press these keys
  signal NAME      send the program a signal
  resize [C, R]    give the window another size
  run LINE         have a shell carry out a line
  shot NAME        keep what the screen shows
  modes NAME       keep the terminal's modes
  stopped true     wait until the program is stopped, and take the terminal from it
  front true       give it the terminal again, and let it go on
  end true         wait until the program has ended

Prints a JSON object: the shots by name (the lines of the screen, blanks at their ends left out, and those of the normal
screen where another one is up), the modes, all that was written, and how the program ended. What does not come within
the deadline ends the script with an error that shows the screen. Escape sequences are read by pyte.
"""

import copy
import fcntl
import json
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time

import pyte

PATIENCE = 30


class Screen(pyte.Screen):
    """pyte's, with the alternate screen that it leaves out."""

    normal = None

    def set_mode(self, *modes, **named):
        if 1049 in modes and named.get("private") and self.normal is None:
            self.normal = (copy.deepcopy(self.buffer), copy.copy(self.cursor), self.display)
            self.erase_in_display(2)
        super().set_mode(*modes, **named)

    def reset_mode(self, *modes, **named):
        super().reset_mode(*modes, **named)
        if 1049 in modes and named.get("private") and self.normal is not None:
            buffer, cursor, _ = self.normal
            self.buffer.clear()
            self.buffer.update(buffer)
            self.cursor = cursor
            self.normal = None
            self.dirty.update(range(self.lines))


class Trouble(Exception):
    pass


columns, rows = int(sys.argv[1]), int(sys.argv[2])
script, words = json.loads(sys.argv[3]), sys.argv[4:]

# The leader of a session, as a shell is: only so can the program be stopped and brought back.
if os.getpid() == os.getpgrp():
    child = os.fork()
    if child:
        _, state = os.waitpid(child, 0)
        os._exit(os.waitstatus_to_exitcode(state) & 0xFF)
os.setsid()
master, slave = os.openpty()
fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)

screen = Screen(columns, rows)
stream = pyte.ByteStream(screen)
written = bytearray()


def size(columns, rows):
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def program():
    os.setpgid(0, 0)
    os.tcsetpgrp(slave, os.getpid())
    for number in (signal.SIGTTOU, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)


def shown(lines):
    lines = [line.rstrip() for line in lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def take(seconds):
    """What the program writes meanwhile; whether anything came."""
    if not select.select([master], [], [], max(0, seconds))[0]:
        return False
    data = os.read(master, 1 << 16)
    written.extend(data)
    stream.feed(data)
    return True


def until(what, holds):
    end = time.monotonic() + PATIENCE
    while not holds():
        left = end - time.monotonic()
        if left <= 0:
            raise Trouble(f"{what} did not come in {PATIENCE} s")
        take(min(left, 0.05 if what in ("the end", "the stop") else left))


size(columns, rows)
modes = {"before": repr(termios.tcgetattr(slave))}
process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, preexec_fn=program)
shots, ended, error = {}, None, None


def has_ended():
    global ended
    if ended is None:
        pid, state = os.waitpid(process.pid, os.WNOHANG)
        if pid:
            ended = os.waitstatus_to_exitcode(state)
    return ended is not None


def is_stopped():
    pid, state = os.waitpid(process.pid, os.WNOHANG | os.WUNTRACED)
    return bool(pid) and os.WIFSTOPPED(state) and os.WSTOPSIG(state) == signal.SIGTSTP


try:
    for step in script:
        (kind, value), = step.items()
        if kind == "see":
            until(repr(value), lambda: value in "\n".join(screen.display))
        elif kind == "count":
            until(f"{value[1]} times {value[0]!r}", lambda: written.count(value[0].encode()) >= value[1])
        elif kind == "miss":
            until("the end of " + repr(value), lambda: value not in "\n".join(screen.display))
        elif kind == "type":
            os.write(master, value.encode())
        elif kind == "signal":
            os.kill(process.pid, getattr(signal, "SIG" + value))
        elif kind == "resize":
            screen.resize(value[1], value[0])
            size(*value)
        elif kind == "run":
            subprocess.run(["/bin/sh", "-c", value], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        elif kind == "shot":
            while take(0):
                pass
            shots[value] = shown(screen.display)
            if screen.normal is not None:
                shots[value + " behind"] = shown(screen.normal[2])
        elif kind == "modes":
            modes[value] = repr(termios.tcgetattr(slave))
        elif kind == "stopped":
            until("the stop", is_stopped)
            os.tcsetpgrp(slave, os.getpgrp())
        elif kind == "front":
            os.tcsetpgrp(slave, process.pid)
            os.kill(process.pid, signal.SIGCONT)
        elif kind == "end":
            until("the end", has_ended)
            os.tcsetpgrp(slave, os.getpgrp())
        else:
            raise Trouble(f"there is no step {kind}")
    while take(0):
        pass
except Trouble as trouble:
    error = f"{trouble}\n" + "\n".join(shown(screen.display))
finally:
    if ended is None and not has_ended():
        process.kill()
        os.waitpid(process.pid, 0)

modes["after"] = repr(termios.tcgetattr(slave))
print(json.dumps({
    "shots": shots, "modes": modes, "written": written.decode(errors="replace"), "end": ended, "error": error,
    "last": shown(screen.display), "hidden": screen.cursor.hidden, "alternate": screen.normal is not None,
}), file=sys.stdout)
