"""Frames between a core of a worker and the front: the other half of src/launch/protocol/frame.ts."""
import struct

# length u32, kind u8, flags u8, status u16, number u32, part u32
HEADER = struct.Struct("<IBBHII")

REQUEST = 1
BODY = 2
QUIT = 3
OPENED = 4
HELLO = 16
ANSWER = 17
DATA = 18
SKIPPED = 19
FILE = 20
DEADLINE = 21
WORN = 22

STREAM = 1  # REQUEST
FILES = 2  # REQUEST
SPOOLED = 4  # REQUEST
FINAL = 1  # BODY, ANSWER, DATA
ABORT = 2  # BODY, ANSWER, DATA
LENGTH = 4  # ANSWER
DATE = 8  # ANSWER
CLOSE = 16  # ANSWER
EXCEPTION = 32  # ANSWER, DATA
SERVER = 64  # ANSWER

# Where a process has bytes in an open file: pid u32, descriptor u32, its inode u64, offset u64, length u64.
PLACE = struct.Struct("<IIQQQ")

# Counters: one line a core, `claimed` and `limit` as native u32 at its start.
COUNTER_STRIDE = 64
