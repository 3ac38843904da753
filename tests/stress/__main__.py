"""make stress: the races, faults and floods that the guarantees speak of, on real servers, on both engines.

`SCALE=0.05 make stress` shrinks all counts and times; `ONLY="R1 F4" make stress` runs these alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .report import publish

LEASH = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
ENGINES = {"SQLite": ["TEST_DATABASE_URL", "TEST_CACHE_URL"], "PostgreSQL": []}


def main() -> None:
    """Run the battery once on SQLite, and once more where TEST_DATABASE_URL points; then write docs/stress.md."""
    with tempfile.TemporaryDirectory(prefix="apikeys-stress-") as folder:
        for engine, without in ENGINES.items():
            if engine == "PostgreSQL" and not os.environ.get("TEST_DATABASE_URL"):
                print("PostgreSQL is skipped: TEST_DATABASE_URL is not set.")
                continue
            environment = {name: value for name, value in os.environ.items() if name not in without}
            written = Path(folder) / f"{engine}.md"
            command = [*LEASH, sys.executable, "-m", "tests.stress.battery", str(written)]
            if subprocess.run(command, env=environment, check=False).returncode:
                sys.exit("The battery did not come to its end.")
        everything_ok = publish(sorted(Path(folder).glob("*.md"), reverse=True))
    sys.exit(not everything_ok)


if __name__ == "__main__":
    main()
