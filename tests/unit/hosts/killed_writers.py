"""Writes a hosts file over and over in children that are killed, and prints what was found in it after each."""

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from ansible.module_utils.testing import patch_module_args

from ansible_collections.landfall.eks.plugins.modules import hosts_block

OTHERS = b"".join(b"192.0.2.%d host-%d.example.com\n" % (number % 250 + 1, number) for number in range(4000))
ADDRESSES = (["198.51.100.1"], ["198.51.100.2", "198.51.100.3"])
NAMES = ["flask.example.org", "grafana.example.org"]
LONGEST_SECONDS = 0.06


def by_module(path, number):
    arguments = {"path": str(path), "cluster": "shop", "addresses": ADDRESSES[number % 2], "names": NAMES}
    try:
        with patch_module_args(arguments):
            hosts_block.main()
    except SystemExit:
        pass


def in_place(path, number):
    """Write as most scripts do: the file is empty until it is whole again. This is the control."""
    block = "".join(f"{address} {name}\n" for address in ADDRESSES[number % 2] for name in NAMES)
    with path.open("wb") as file:
        file.write(OTHERS[: len(OTHERS) // 2])
        file.flush()
        file.write(OTHERS[len(OTHERS) // 2 :] + block.encode())


def killed(write, path, chance):
    """Write in a child until it is killed, at a moment that nobody chose; return how often it had written."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        number = 0
        while True:
            write(path, number)
            number += 1
            os.write(writer, b".")
    os.close(writer)
    os.read(reader, 1)
    time.sleep(chance.uniform(0, LONGEST_SECONDS))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    written = 1 + len(os.read(reader, 1 << 16))
    os.close(reader)
    return written


def whole(content):
    """Say whether every other line is there, and one of the two blocks, whole."""
    rest = content.removeprefix(OTHERS)
    lines = [line for line in rest.decode().splitlines() if line and not line.startswith("#")]
    blocks = [sorted(f"{address} {name}" for address in each for name in NAMES) for each in ADDRESSES]
    return content.startswith(OTHERS) and sorted(lines) in blocks


def main():
    folder, times, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    chance = random.Random(seed)
    found = {}
    for write in (by_module, in_place):
        path = folder / write.__name__
        lost = written = 0
        for _ in range(times):
            path.write_bytes(OTHERS)
            written += killed(write, path, chance)
            lost += not whole(path.read_bytes())
        found[write.__name__] = {"killed": times, "written": written, "lost": lost}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
