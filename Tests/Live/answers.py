"""A person at a terminal: starts a program in a pseudo terminal and answers its questions, one when it asks.

    answers.py '["ai-search", "", "maya"]' PROGRAM WORD...

Each answer is typed when the last thing on the screen is a colon and a blank. An answer of one control character is
typed without Enter; when no answer is left it is Ctrl-D. Prints the screen, and exits as the program did; 128 and the
signal where one ended it, 99 where it neither asked nor ended.
"""

import json
import os
import pty
import select
import sys

answers = json.loads(sys.argv[1])
process, terminal = pty.fork()
if process == 0:
    os.execv(sys.argv[2], sys.argv[2:])

screen = answered = b""
while True:
    if not select.select([terminal], [], [], 30)[0]:
        print(screen.decode())
        sys.exit(99)
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    screen += part
    answered += part
    if answered.endswith(b": "):
        answered = b""
        answer = answers.pop(0) if answers else "\x04"
        os.write(terminal, answer.encode() if answer in ("\x03", "\x04") else answer.encode() + b"\n")

status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
sys.stdout.write(screen.decode().replace("\r\n", "\n"))
sys.exit(status if status >= 0 else 128 - status)
