"""Becomes the program that the arguments name, which dies with the process that asked for it, however that one ends.

    launch.py PARENT_PID PROGRAM [ARGUMENT ...]
"""
import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

parent = int(sys.argv[1])
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
if os.getppid() != parent:
    sys.exit("the process that asked for this server has ended")
os.execv(sys.argv[2], sys.argv[2:])
