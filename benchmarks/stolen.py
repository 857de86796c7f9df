"""What the host of a virtual machine took away meanwhile: a figure in seconds stands only where it took little."""

import psutil


class Stolen:
    """The share of this machine's CPU time that its host gave to others since this object was made."""

    def __init__(self) -> None:
        self._before = psutil.cpu_times()

    def share(self) -> float:
        """0 to 1. Only Linux tells; 0 elsewhere."""
        now, before = psutil.cpu_times()._asdict(), self._before._asdict()
        # A guest's time is counted as the user's, too.
        spent = {name: now[name] - before[name] for name in now if not name.startswith("guest")}
        return float(spent.get("steal", 0.0) / max(sum(spent.values()), 1e-9))
