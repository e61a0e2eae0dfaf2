"""What several processes would make at once is made by one of them."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from layers.exclusive import one_at_a_time


def test_only_one_makes_a_place_at_a_time(tmp_path: Path) -> None:
    place, inside = tmp_path / "layers" / "core", list[int]()

    def make(number: int) -> int:
        with one_at_a_time(place):
            inside.append(number)
            alone = inside == [number]
            time.sleep(0.01)
            inside.remove(number)
            return alone

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(make, range(4)))


def test_other_places_are_not_waited_for(tmp_path: Path) -> None:
    with one_at_a_time(tmp_path / "one"), one_at_a_time(tmp_path / "other"):
        assert {path.name for path in tmp_path.iterdir()} == {"one.lock", "other.lock"}
