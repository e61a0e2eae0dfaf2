"""A single OpenSearch node with the k-NN plugin, fetched from Maven Central once and run with a small heap.

Maven Central has the plugin without its native faiss library, so the node searches with Lucene's HNSW, which
knows the same queries, filters and scores; `proxy` translates the name of the engine. The plugin's need for
the scripting language Painless is taken out of its description: it concerns scripts only, and those the
serverless service refuses.
"""

import os
import pwd
import re
import shutil
import stat
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from layers.exclusive import one_at_a_time
from local.config import ROOT
from local.processes import Processes, StartFailed

VERSION = "2.19.1"
"""The last that both parts are published for and that runs on Java 17."""
_ARTIFACTS = {
    "opensearch": f"org.opensearch.distribution.integ-test-zip:opensearch:{VERSION}:zip",
    "opensearch-knn": f"org.opensearch.plugin:opensearch-knn:{VERSION}.0:zip",
}
_FETCH = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy"
_FETCH_S = 300
_START_S = 60.0
_HEAP_MB = 512
_OLDEST_JAVA, _NEWEST_JAVA = 11, 23
_PLUGIN = "plugins/opensearch-knn"
_UNPRIVILEGED = "nobody"

_SETTINGS = """\
cluster.name: local
node.name: local
discovery.type: single-node
http.port: {port}
transport.port: 0
network.host: 127.0.0.1
path.data: {folder}/data
path.logs: {folder}/logs
cluster.routing.allocation.disk.threshold_enabled: false
action.auto_create_index: false
"""
_LOGGING = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
"""


@dataclass(frozen=True, slots=True)
class Tools:
    """The programs that a node needs."""

    java: str
    maven: str


def find_tools() -> Tools | str:
    """The programs, or what is missing in a sentence."""
    java = _java()
    if java is None:
        return "Java is missing: install Java 17 (Debian: openjdk-17-jre-headless), or set JAVA_HOME to one"
    version = _java_version(java)
    if not _OLDEST_JAVA <= version <= _NEWEST_JAVA:
        return f"Java {version} cannot run OpenSearch {VERSION}: set JAVA_HOME to a Java 17"
    maven = shutil.which("mvn")
    if maven is None:
        return "Maven is missing: install it (Debian: maven), it fetches OpenSearch from Maven Central"
    return Tools(java, maven)


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    inside = Path(home) / "bin" / "java" if home else None
    return str(inside) if inside and inside.is_file() else shutil.which("java")


def _java_version(java: str) -> int:
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', told)
    return int(found[1]) if found else 0


def fetch(tools: Tools, folder: Path = ROOT / ".build" / "opensearch") -> Path:
    """The unpacked distribution with the plugin in it, fetched where it is not there. Raises StartFailed."""
    home = folder / f"opensearch-{VERSION}"
    with one_at_a_time(home):
        if not (home / _PLUGIN).is_dir():
            _fetch(tools, folder / "fresh", home)
    return home


def _fetch(tools: Tools, fresh: Path, home: Path) -> None:
    """What was fetched only in part is never at `home`."""
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        for artifact in _ARTIFACTS.values():
            _run_maven(tools, artifact, fresh)
        _unpack(fresh / f"opensearch-{VERSION}.zip", fresh)
        plugin = fresh / home.name / _PLUGIN
        _unpack(fresh / f"opensearch-knn-{VERSION}.0.zip", plugin)
        described = plugin / "plugin-descriptor.properties"
        described.write_text(re.sub(r"(?m)^(extended\.plugins)=.*$", r"\1=", described.read_text()))
        shutil.rmtree(home, ignore_errors=True)
        (fresh / home.name).rename(home)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _run_maven(tools: Tools, artifact: str, folder: Path) -> None:
    command = [tools.maven, "-q", "-B", _FETCH, f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=_FETCH_S
        )
    except subprocess.TimeoutExpired as late:
        raise StartFailed(f"Maven did not fetch {artifact} within {_FETCH_S} s") from late
    if done.returncode:
        raise StartFailed(f"Maven could not fetch {artifact}:\n{(done.stdout + done.stderr)[-800:]}")


def _unpack(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)


def start_node(
    processes: Processes, home: Path, folder: Path, port: int, tools: Tools, *, enduring: bool = False
) -> None:
    """Start a node that keeps its data in `folder` and wait until it answers. Raises StartFailed.

    An `enduring` one takes twice as long to start, and compares vectors several times as fast after a while.
    """
    for name in ("config", "data", "logs", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "config" / "opensearch.yml").write_text(_SETTINGS.format(port=port, folder=folder))
    (folder / "config" / "log4j2.properties").write_text(_LOGGING)
    user = _unprivileged_user(home, folder)
    processes.start("opensearch", _command(tools, home, folder, enduring), _environment(folder), folder, user)
    processes.wait_until_healthy("opensearch", f"http://127.0.0.1:{port}", timeout_s=_START_S)


def _command(tools: Tools, home: Path, folder: Path, enduring: bool) -> list[str]:
    properties = {
        "java.io.tmpdir": folder / "tmp",
        "java.security.manager": "allow",
        "java.util.concurrent.ForkJoinPool.common.threadFactory": (
            "org.opensearch.secure_sm.SecuredForkJoinWorkerThreadFactory"
        ),
        "jna.nosys": "true",
        "jna.tmpdir": folder / "tmp",
        "io.netty.noUnsafe": "true",
        "log4j.shutdownHookEnabled": "false",
        "log4j2.disable.jmx": "true",
        "opensearch.networkaddress.cache.ttl": "60",
        "opensearch.path.home": home,
        "opensearch.path.conf": folder / "config",
        "opensearch.distribution.type": "zip",
        "opensearch.bundled_jdk": "false",
    }
    return [
        tools.java,
        f"-Xms{_HEAP_MB}m",
        f"-Xmx{_HEAP_MB}m",
        "-XX:+UseSerialGC",
        *(() if enduring else ("-XX:TieredStopAtLevel=1",)),
        *(f"-D{name}={value}" for name, value in properties.items()),
        "-cp",
        f"{home}/lib/*",
        "org.opensearch.bootstrap.OpenSearch",
    ]


def _environment(folder: Path) -> Mapping[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "HOME": str(folder)}


def _unprivileged_user(home: Path, folder: Path) -> str | None:
    """OpenSearch refuses to run as root, so root gives the folder to somebody who may do nothing else."""
    if os.geteuid() != 0:
        return None
    for path in (home, folder):
        for parent in path.parents:
            if not parent.stat().st_mode & stat.S_IXOTH:
                raise StartFailed(
                    f"OpenSearch does not run as root, and user {_UNPRIVILEGED} cannot reach {path}: "
                    f"let others enter {parent} (chmod o+x), or start as another user"
                )
    account = pwd.getpwnam(_UNPRIVILEGED)
    for each in (folder, *folder.rglob("*")):
        os.chown(each, account.pw_uid, account.pw_gid)
    return _UNPRIVILEGED
