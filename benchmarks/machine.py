"""What a figure was measured on, and the processor time that processes used."""

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil


def described() -> str:
    """One line about the machine and the date."""
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {_processor()}, {os.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, {platform.system()}, "
        f"Python {sys.version.split()[0]}, load before {os.getloadavg()[0]:.1f}"
    )


def cpu_seconds(process: psutil.Process) -> float:
    """The processor time that a process and its children, also those that ended, have used."""
    total = 0.0
    for each in [process, *process.children(recursive=True)]:
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
        if each is process:
            total += times.children_user + times.children_system
    return total


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()
