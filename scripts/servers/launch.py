"""Becomes a server that ends with whoever started it, however that one ends.

    launch.py [PATH ...] -- PROGRAM [ARGUMENT ...]

A process beside the server waits for the end of standard input, which is a pipe from the one who started it. Then it kills
the server and removes the paths, in which `PID` stands for the server's process id.
"""
import os
import shutil
import signal
import sys
import time

end = sys.argv.index("--")
paths, command = sys.argv[1:end], sys.argv[end + 1 :]
server = os.getpid()

if os.fork() == 0:
    os.setsid()
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 1)
    os.dup2(null, 2)
    while os.read(0, 4096):
        pass
    # Once the server has ended, its id may be another's.
    while os.getppid() == server:
        os.kill(server, signal.SIGKILL)
        time.sleep(0.05)
    for path in paths:
        path = path.replace("PID", str(server))
        if os.path.isdir(path):
            shutil.rmtree(path, ignore_errors=True)
        elif os.path.exists(path):
            os.remove(path)
    sys.exit()

os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
os.execv(command[0], command)
