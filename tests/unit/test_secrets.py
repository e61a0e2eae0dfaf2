"""No secret stands in the repository."""

import re
import shutil
import subprocess

import pytest

from operations.evaluation.graph import ROOT

# Forms that are secrets wherever they stand; the names are what to look for in the answer.
FORMS = {
    "AWS access key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----",
    "GitHub token": r"\bgh[pousr]_[A-Za-z0-9]{36,}\b",
    "Slack token": r"\bxox[baprs]-[A-Za-z0-9-]{10,}\b",
    "Pulumi token": r"\bpul-[0-9a-f]{40}(?![A-Za-z0-9/+])",
    "AWS secret key": r"(?i)aws_secret_access_key[\"' ]*[=:][\"' ]*[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])",
}
# AWS's own example, and keys of the emulator, which opens nothing.
_EXAMPLES = ("EXAMPLE",)


def secrets_in(text: str) -> list[str]:
    """What kinds of secrets a text has."""
    return [
        kind
        for kind, form in FORMS.items()
        for match in re.finditer(form, text)
        if not any(word in match[0] for word in _EXAMPLES)
    ]


def test_no_file_of_the_repository_has_a_secret() -> None:
    git = shutil.which("git") or "git"
    listed = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no checkout")
    checked = 0
    for name in listed.stdout.split("\0"):
        path = ROOT / name
        if not name or not path.is_file() or path.suffix in (".npz", ".png", ".jpg", ".woff2"):
            continue
        assert secrets_in(path.read_text(encoding="utf-8", errors="ignore")) == [], name
        checked += 1
    assert checked > 300


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("AKIA" + "ABCDEFGHIJKLMNOP", "AWS access key"),
        ("-----BEGIN RSA " + "PRIVATE KEY-----", "private key"),
        ("ghp_" + "a1" * 18, "GitHub token"),
        ("xoxb-" + "1234567890-abc", "Slack token"),
        ("pul-" + "0a" * 20, "Pulumi token"),
        ("aws_secret_access_key = " + "Ab1/" * 10, "AWS secret key"),
    ],
)
def test_a_planted_secret_is_found(text: str, kind: str) -> None:
    assert secrets_in(f"before {text} after") == [kind]
