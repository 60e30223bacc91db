"""Runs code with pymilvus, each time in a fork of this process: it has done the import, which takes seconds of CPU.

    pymilvus_server.py SOCKET      serves until its standard input ends, and removes the folder of SOCKET
    pymilvus_server.py --ask SOCKET < REQUEST > REPLY

REQUEST is {"uri", "token", "code", "args"} as JSON, REPLY {"answer"} or {"error"}.
"""
import json
import os
import socket
import sys
import time
import traceback

START_SECONDS = 120


def receive(connection):
    pieces = []
    while piece := connection.recv(1 << 20):
        pieces.append(piece)
    return b''.join(pieces)


def ask(path):
    """Asks the server, once it is there."""
    connection = socket.socket(socket.AF_UNIX)
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            connection.connect(path)
            break
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
    connection.sendall(sys.stdin.buffer.read())
    connection.shutdown(socket.SHUT_WR)
    sys.stdout.buffer.write(receive(connection))


def run(request):
    """What `code` answers; in it `client` is connected to the server, `args` are the arguments."""
    names = {'json': json, 'os': os, 'sys': sys}
    exec('import numpy as np\nfrom pymilvus import *', names)
    uri, token = request['uri'], request['token']
    answers = [None]
    names.update(uri=uri, token=token, args=request['args'], answer=answers.append)
    names['client'] = names['MilvusClient'](uri=uri, token=token)
    names['connections'].connect(uri=uri, token=token)
    exec(compile(request['code'], '<test>', 'exec'), names)
    return answers[-1]


def reply(request):
    try:
        return {'answer': run(request)}
    except BaseException:
        return {'error': traceback.format_exc()}


def serve(path):
    import logging
    import select
    import shutil
    import signal
    import warnings
    warnings.filterwarnings('ignore')
    logging.disable(logging.WARNING)
    import numpy  # noqa: F401
    import pymilvus  # noqa: F401
    # Children are not waited for.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(path + '.new')
    listening.listen(16)
    os.rename(path + '.new', path)
    while True:
        ready, _, _ = select.select([listening, sys.stdin], [], [])
        if sys.stdin in ready:
            shutil.rmtree(os.path.dirname(path))
            return
        connection, _ = listening.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            connection.sendall(json.dumps(reply(json.loads(receive(connection)))).encode())
            # Without the threads and handlers of pymilvus, which would keep it alive.
            os._exit(0)
        connection.close()


if __name__ == '__main__':
    ask(sys.argv[2]) if sys.argv[1] == '--ask' else serve(sys.argv[1])
