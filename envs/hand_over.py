"""Starts a browser whose protocol pipes go through its owner. A script, run by ``wire`` in the browser's place.

``hand_over.py MEETING PROGRAM ARGUMENT …``: the browser's two ends of Playwright's pipes (handles 3 and 4) and the far
ends of two new ones are sent to the socket MEETING; then this process becomes PROGRAM, with the new pipes in their
place. The process id stays the same, so whoever started this goes on as if it had started the browser.
"""

import os
import socket
import sys

HANDLES = 4


def main(meeting: str, program: str, *arguments: str) -> None:
    hears, to_browser = os.pipe()
    from_browser, speaks = os.pipe()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as owner:
        owner.connect(meeting)
        socket.send_fds(owner, [b"\n"], [3, 4, to_browser, from_browser])
    os.dup2(hears, 3)
    os.dup2(speaks, 4)
    os.execv(program, [program, *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
