#!/usr/bin/env python3
"""Makes the logs beside it from testdata: python3 docs/examples/logs/make.py, in the repository's root."""

import pathlib

here = pathlib.Path(__file__).parent
root = here.parents[2]
deadlock = (root / "testdata/crash/deadlock.txt").read_text().splitlines()
before = (root / "testdata/orders/before.debug2.txt").read_text().splitlines()


def stamp(i):
    return f"2026-11-20T03:12:{40 + i // 1000:02d}.{i % 1000:03d}000000Z"


# containerd's log of a pod that deadlocked: P where a line was cut in parts, F where it ends.
lines = [f"{stamp(0)} stderr F listening on :8080"]
for i, line in enumerate(deadlock, 1):
    if len(line) > 60:
        lines.append(f"{stamp(i)} stderr P {line[:60]}")
        line = line[60:]
    lines.append(f"{stamp(i)} stderr F {line}")
(here / "cri.log").write_text("\n".join(lines) + "\n")

# Two pods' dumps through one shipper, line by line between each other.
lines = []
for i, line in enumerate(before):
    for pod in ("orders-7d4b9c6f5-x2x8q", "orders-7d4b9c6f5-zk4lp"):
        lines.append(f"{pod} orders {line}")
(here / "two-pods.log").write_text("\n".join(lines) + "\n")

# The same dump, cut within a goroutine by rotation: the older half and the newer.
half = len(before) // 2 + 1
(here / "orders.log.1").write_text("\n".join(before[:half]) + "\n")
(here / "orders.log").write_text("\n".join(before[half:]) + "\n")
