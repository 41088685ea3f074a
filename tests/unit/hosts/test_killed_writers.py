"""The hosts file is whole whenever its writer is killed: a hundred times, beside a control that loses it."""

import json
import os
import random
import subprocess
import sys
from pathlib import Path

TIMES = 100


def test_a_killed_writer_leaves_a_whole_file(tmp_path, record_property):
    seed = int(os.environ.get("LANDFALL_SEED", random.randrange(10**6)))
    command = [sys.executable, str(Path(__file__).with_name("killed_writers.py")), str(tmp_path), str(TIMES), str(seed)]
    collections = Path(__file__).parents[3] / "collections"
    environment = os.environ | {"PYTHONPATH": str(collections)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    found = json.loads(done.stdout)
    ours, control = found["by_module"], found["in_place"]
    assert ours["lost"] == 0, f"seed {seed}: {found}"
    assert control["lost"] > 0, f"control: a writer without care loses some; seed {seed}: {found}"
    said = f"seed {seed}; control, written in place: {control['lost']} of {TIMES} lost"
    record_property("fault", ["the writer of the hosts file is killed", TIMES, TIMES, 0, said])
