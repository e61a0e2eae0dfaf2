"""`python -m local up|down|status|logs|token|reset`: the local cloud from a terminal."""

import argparse
import os
import signal
import sys
import time
from typing import Any

import httpx

from local.config import LocalConfig, read_config
from local.up import LocalCloud, running_pid, wipe_state
from local.users import DEMO_USERS, SignInFailed, access_token


def main() -> int:
    """Run one command; the process's exit code."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="start and stay in the foreground")
    commands.add_parser("down", help="stop a running cloud")
    commands.add_parser("status", help="say what is running")
    logs = commands.add_parser("logs", help="print a part's log")
    logs.add_argument("part", nargs="?", default="emulator", help="emulator, ai, site or deploy")
    token = commands.add_parser("token", help="print an access token")
    token.add_argument("--user", default=DEMO_USERS[0]["email"], help="e-mail address of a demo user")
    token.add_argument("--password", help="needed for a user who is no demo user")
    commands.add_parser("reset", help="forget everything stored (the cloud must be down)")
    arguments = parser.parse_args()
    config = read_config()
    match arguments.command:
        case "up":
            return LocalCloud.create(config).run()
        case "down":
            return _down(config)
        case "status":
            return _status(config)
        case "logs":
            return _logs(config, arguments.part)
        case "token":
            return _token(config, arguments.user, arguments.password)
        case _:
            return _reset(config)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _fail(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return 1


def _down(config: LocalConfig) -> int:
    pid = running_pid(config)
    if pid is None:
        _say("nothing is running")
        return 0
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 20
    while running_pid(config) and time.monotonic() < deadline:
        time.sleep(0.1)
    return _fail(f"process {pid} did not stop") if running_pid(config) else 0


def _describe(config: LocalConfig) -> dict[str, Any] | None:
    return config.describe() if config.stack_file.is_file() and running_pid(config) else None


def _status(config: LocalConfig) -> int:
    description = _describe(config)
    if description is None:
        return _fail("no local cloud is up here")
    parts = {
        "site": f"{description['site_url']}/_stcore/health",
        "api": f"{description['api_url']}/health",
        "emulator": f"{description['emulator_url']}/_ministack/health",
        "ai": f"{description['ai_url']}/_local/health",
    }
    healthy = {name: _answers(url) for name, url in parts.items()}
    for name, well in healthy.items():
        _say(f"{name:9} {'ok' if well else 'no answer'}  {parts[name]}")
    return 0 if all(healthy.values()) else 1


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def _logs(config: LocalConfig, part: str) -> int:
    log = config.logs / f"{part}.log"
    if not log.is_file():
        return _fail(
            f"there is no log {part!r}: choose from {', '.join(f.stem for f in config.logs.glob('*.log'))}"
        )
    sys.stdout.write(log.read_text(errors="replace"))
    return 0


def _token(config: LocalConfig, user: str, password: str | None) -> int:
    description = _describe(config)
    if description is None:
        return _fail("no local cloud is up here: start one with `python -m local up`")
    known = {entry["email"]: entry["password"] for entry in description["demo_users"]}
    if (password := password or known.get(user)) is None:
        return _fail(f"{user} is no demo user: give --password, or choose from {', '.join(known)}")
    try:
        _say(access_token(description, user, password))
    except SignInFailed as reason:
        return _fail(str(reason))
    return 0


def _reset(config: LocalConfig) -> int:
    if running_pid(config):
        return _fail("the cloud is running: stop it first with `python -m local down`")
    wipe_state(config)
    _say("all local state is gone")
    return 0


if __name__ == "__main__":
    sys.exit(main())
