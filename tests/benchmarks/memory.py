"""The resident memory of a process, as the kernel counts it."""

from pathlib import Path


def forget_peak(pid: int) -> float:
    """Have the kernel measure the highest resident memory anew; what it is now, in MiB."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return _memory_mib(pid, "VmRSS")


def peak_mib(pid: int) -> float:
    return _memory_mib(pid, "VmHWM")


def _memory_mib(pid: int, name: str) -> float:
    """A value of /proc/<pid>/status, which has kibibytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))
