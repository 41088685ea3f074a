"""Makes the packages of tools/ importable, as they are for the programs there."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "tools"))
