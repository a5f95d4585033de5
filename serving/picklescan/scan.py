"""Lists the imports of pickles without loading them. Arguments: the folder of picklescan, the id of the asking process.

Standard input: one JSON line for each question, {"path", "start", "length"} for a part of a file or {"bytes"} for the
number of bytes that follow the line. Standard output: one JSON line for each answer.
"""
import io
import json
import os
import pickletools
import sys
import threading
import time

sys.path.insert(0, sys.argv[1])
from picklescan.scanner import scan_pickle_bytes  # noqa: E402
from picklescan.torch import MAGIC_NUMBER  # noqa: E402


def end_with(process):
    """Exits when the asking process has ended. It may be killed even before this process is ready."""
    while True:
        try:
            os.kill(process, 0)
        except OSError:
            os._exit(1)
        time.sleep(0.5)


threading.Thread(target=end_with, args=(int(sys.argv[2]),), daemon=True).start()

# Opcodes that call an imported object.
CALLS = {"REDUCE", "BUILD", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX"}
EXTENSIONS = {"EXT1", "EXT2", "EXT4"}
# Number of pickles in PyTorch's older format; numbers follow them.
LEGACY_PICKLES = 5
MOST_PICKLES, MOST_IMPORTS = 1000, 1000


class Part(io.RawIOBase):
    """A part of a file, read like a whole file."""

    def __init__(self, path, start, length):
        self.file, self.start, self.length, self.at = open(path, "rb"), start, length, 0

    def readable(self):
        return True

    def seekable(self):
        return True

    def seek(self, offset, whence=0):
        self.at = offset + (0, self.at, self.length)[whence]
        return self.at

    def readinto(self, buffer):
        self.file.seek(self.start + self.at)
        data = self.file.read(min(len(buffer), max(0, self.length - self.at)))
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)


def one_pickle(data, answer):
    """Reads one pickle; returns whether it is complete."""
    start, is_whole = data.tell(), True
    try:
        for code, value, _ in pickletools.genops(data):
            answer["calls"] |= code.name in CALLS
            answer["extensions"] |= code.name in EXTENSIONS
            answer["legacy"] |= answer["pickles"] == 0 and value == MAGIC_NUMBER
    except Exception:
        is_whole = False
    end = data.tell()
    data.seek(start)
    try:
        found = [(one.module, one.name, one.safety.value) for one in scan_pickle_bytes(data, "", False).globals]
    except Exception:
        found = [("unknown", "unknown", "dangerous")]
    answer["imports"] += [one for one in found if one not in answer["imports"]]
    data.seek(end)
    return is_whole


def look(data):
    answer = {"pickles": 0, "whole": True, "calls": False, "extensions": False, "legacy": False, "imports": []}
    while data.read(1) != b"":
        data.seek(-1, 1)
        if not one_pickle(data, answer):
            answer["whole"] = False
            break
        answer["pickles"] += 1
        is_legacy_end = answer["legacy"] and answer["pickles"] == LEGACY_PICKLES
        if is_legacy_end or answer["pickles"] >= MOST_PICKLES or len(answer["imports"]) > MOST_IMPORTS:
            # The bytes that follow are not scanned.
            answer["whole"] = data.read(1) == b""
            break
    answer["imports"] = answer["imports"][:MOST_IMPORTS]
    return answer


for line in sys.stdin.buffer:
    question = json.loads(line)
    if "path" in question:
        data = io.BufferedReader(Part(question["path"], question["start"], question["length"]))
    else:
        data = io.BytesIO(sys.stdin.buffer.read(question["bytes"]))
    with data:
        print(json.dumps(look(data)), flush=True)
