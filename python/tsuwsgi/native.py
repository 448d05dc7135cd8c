"""The system's own calls, kept before an application or an engine puts cooperative ones in their place.

gevent's and eventlet's monkey patching changes `os`, `select`, `signal`, `socket`, `threading` and `time`.
What runs outside of their event loop, the zygote and the threads of cores, must not meet the changed ones:
they would reap the zygote's children, or wait in an event loop that nobody runs.
"""
import os
import select as _select
import signal as _signal
import socket as _socket
import threading
import time
from _thread import start_new_thread  # noqa: F401

fork = os.fork
kill = os.kill
read = os.read
write = os.write
waitpid = os.waitpid
select = _select.select
signal = _signal.signal
socket = _socket.socket
sleep = time.sleep
Lock = threading.Lock
get_ident = threading.get_ident
