"""Becomes a server that ends with its owner, however that one ends.

    launch.py OWNER FOLDER LITTER PROGRAM [ARGUMENT ...]

A process beside the server waits for the end of the process OWNER. Then it kills the server and removes FOLDER and the file
LITTER, in whose name `PID` stands for the server's process id; either may be empty.
"""
import os
import shutil
import signal
import sys
import time

POLL_SECONDS = 0.2


def exists(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def watch(owner, server, folder, litter):
    # Once the server has ended, its id may be another's: it is known as the parent.
    def serves():
        return os.getppid() == server

    # The folder of a killed server is kept for its owner, who may start it again.
    while exists(owner) and (serves() or os.path.exists(folder)):
        time.sleep(POLL_SECONDS)
    while serves():
        os.kill(server, signal.SIGKILL)
        time.sleep(POLL_SECONDS)
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
    if os.path.exists(litter):
        os.remove(litter)


owner, folder, litter, *command = sys.argv[1:]
server = os.getpid()
if os.fork() == 0:
    os.setsid()
    watch(int(owner), server, folder, litter.replace("PID", str(server)))
else:
    os.execv(command[0], command)
