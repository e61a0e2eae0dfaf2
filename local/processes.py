"""Starts, watches and ends the local cloud's processes."""

import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

_STOP_S = 5.0


class StartFailed(Exception):
    """A part of the local cloud did not come up; the text says which, and what it said last."""


@dataclass
class Processes:
    """The child processes of one local cloud, each with a log file and a process group of its own."""

    logs: Path
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict[str, "subprocess.Popen[bytes]"])

    def start(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        user: str | None = None,
    ) -> None:
        """Start a process, under the name of `user` if one is given, which takes being root."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=user,
                group=pwd.getpwnam(user).pw_gid if user else None,
                extra_groups=[] if user else None,
            )

    def wait_until_healthy(self, name: str, url: str, *, timeout_s: float = 30.0) -> None:
        """Wait for an HTTP answer below 500. Raises StartFailed when the process ends or time is up."""
        process = self.running[name]
        if not answers_within(url, timeout_s, unless=lambda: process.poll() is not None):
            raise StartFailed(f"{name} did not come up: {self.last_words(name)}")

    def require_all_alive(self) -> None:
        """Raise StartFailed when a process has ended by itself."""
        for name, process in self.running.items():
            if process.poll() is not None:
                raise StartFailed(f"{name} ended by itself: {self.last_words(name)}")

    def last_words(self, name: str, lines: int = 12) -> str:
        log = self.logs / f"{name}.log"
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.is_file() else ""

    def stop(self, *names: str) -> None:
        """End the named processes, or all: politely, then their whole process groups."""
        chosen = [self.running.pop(name) for name in (names or tuple(self.running)) if name in self.running]
        for process in chosen:
            process.terminate()
        deadline = time.monotonic() + _STOP_S
        for process in chosen:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _kill_group(process.pid)


def answers_within(url: str, timeout_s: float, unless: Callable[[], bool] = lambda: False) -> bool:
    """Whether `url` gives an HTTP answer below 500 before time is up or `unless` comes true."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline and not unless():
        try:
            if httpx.get(url, timeout=1.0).status_code < 500:
                return True
        except httpx.TransportError:
            time.sleep(0.03)
    return False


def _kill_group(leader: int) -> None:
    """A function that is busy survives its emulator, so the group that it shares is ended as a whole."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return  # everything had ended already


def port_in_use(port: int) -> bool:
    """Whether something listens on this machine's `port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0
