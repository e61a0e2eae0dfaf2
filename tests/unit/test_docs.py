"""The pages: whatever they name is there, and every setting is told of."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from operations.doctor.account import ACCOUNT
from operations.doctor.shopping import checks
from operations.evaluation.graph import ROOT
from tests.graph.recorder import known_stack
from tests.graph.test_program import EXPORTS

PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
# A path of the repository: folders that are there, then a name with an ending, or a folder itself.
_FOLDERS = (
    r"\.github|benchmarks|components|docs|examples|layers|local"
    r"|operations|policies|requirements|runtime|tests|ui"
)
_PATH = re.compile(rf"^(?:{_FOLDERS})/[\w./-]*$")
# Named as what a user or a run makes.
_MADE = {"docs/performance.md"}


_KEEPING = (
    lambda: known_stack("prod"),
    lambda: known_stack("prod", vectorBackend="s3vectors", knowledgeBaseStorage="s3vectors"),
)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = [re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings]
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in plain}


def links(page: Path) -> Iterator[str]:
    for target in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
        if not re.match(r"[a-z]+:", target):
            yield target


def code(page: Path) -> Iterator[str]:
    """What stands as code in a page: in its lines, and line by line in its blocks."""
    text = page.read_text(encoding="utf-8")
    for block in _FENCE.findall(text):
        yield from block.splitlines()[1:-1]
    yield from _CODE.findall(_FENCE.sub("", text))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{target} is not there"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), f"{target}: there is no such heading"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_target_of_make_is_there(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for text in code(page):
        for command in re.findall(r"(?:^|&& |\$ )make ((?:[a-z]+ ?)+)", text.split("#")[0]):
            named = [word for word in command.split() if "=" not in word]
            assert set(named) <= targets, text


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    for text in code(page):
        for word in text.split():
            named = word.strip("`'\"(),;:").rstrip(".")
            if not _PATH.match(named) or named in _MADE:
                continue
            assert (ROOT / named).exists() or list(ROOT.glob(named)), f"{named} is not there"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_module_that_is_run_is_there(page: Path) -> None:
    for text in code(page):
        for module in re.findall(r"python -m ((?:local|operations|docs|benchmarks|layers|ui)[\w.]*)", text):
            place = ROOT / module.replace(".", "/")
            assert place.with_suffix(".py").is_file() or (place / "__main__.py").is_file(), module


def test_every_setting_is_in_the_readme_and_no_other() -> None:
    declared = set(yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"])
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.partition("## Configure it")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = {key for row in rows for key in _CODE.findall(row)}
    assert named - {"aws:region"} == declared


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_setting_that_is_set_by_command_is_one(page: Path) -> None:
    declared = set(yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]) | {"aws:region"}
    for example in (ROOT / "examples").glob("*/__main__.py"):
        declared |= set(re.findall(r"(?:get|require)\w*\(\"(\w+)\"\)", example.read_text()))
    for text in code(page):
        for key in re.findall(r"pulumi config set (?:--secret )?([\w:]+)", text):
            assert key in declared, text


def test_every_output_is_told_of() -> None:
    text = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    table = text.partition("| output | |")[2].partition("\n\n")[0]
    assert set(_CODE.findall(table)) - {"domainName", "pulumi stack output api_key --show-secrets"} == EXPORTS


def test_every_kind_of_thing_that_stays_is_told_of_with_how_to_remove_it() -> None:
    text = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    table = text.partition("| what stays |")[2].partition("\n\n")[0]
    kept = {each.type for stack in _KEEPING for each in stack().resources if each.retain}
    assert kept
    for type_ in kept:
        assert f"`{type_.split(':')[1]}`" in table, f"{type_} stays, and nobody is told how to remove it"


def test_checks_that_the_pages_name_are_the_doctors() -> None:
    known = {check.name for check in (*ACCOUNT, *checks(0.0, 0.0))}
    text = (ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    listed = text.partition("## What has not been exercised")[2]
    for names in re.findall(r"checks? ((?:`[a-z-]+`(?:, | and )?)+)", listed):
        assert set(_CODE.findall(names)) <= known, names
    for names in re.findall(r"--only ([a-z -]+)", text):
        assert set(names.split()) <= known, names
