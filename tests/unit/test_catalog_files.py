"""What is read from catalogue files, from keys and from colours."""

import io
from collections.abc import Sequence
from decimal import Decimal

import pytest
from PIL import Image, ImageDraw

from runtime.catalog.colors import MULTICOLOUR, PALETTE, name_color
from runtime.catalog.naming import category_of, name_of
from runtime.catalog.statements import (
    COLUMNS,
    BadRow,
    FileRefused,
    Statement,
    check_file_size,
    read_statements,
    spool,
)
from tests.unit.shop import draw, encode

KEY = "products/spring/catalogue.csv"


def read(text: str | bytes, key: str = KEY) -> list[Statement | BadRow]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(read_statements(io.BytesIO(data), key, "products/"))


def test_a_full_row() -> None:
    header = ",".join(COLUMNS)
    row = 'dress/a b+ü.jpg,"Red, long",Dress ,Nice,59.90,EUR,Gray,S|M| L ,3,https://s.example/1,B,women,summer,party,plain'
    (statement,) = read(f"\ufeff{header}\r\n{row}\r\n")
    assert statement == Statement(
        2,
        "products/spring/dress/a b+ü.jpg",
        {
            "name": "Red, long",
            "category": "dress",
            "description": "Nice",
            "price": Decimal("59.90"),
            "currency": "EUR",
            "color": "grey",
            "sizes": ("S", "M", "L"),
            "stock": 3,
            "purchase_url": "https://s.example/1",
            "brand": "B",
            "gender": "women",
            "season": "summer",
            "occasion": "party",
            "pattern": "plain",
        },
    )


def test_columns_may_be_few_in_any_order_and_cells_blank() -> None:
    assert read(" Price ,IMAGE,name\n5,a.jpg,\n\n , ,\n,b.jpg,B\n") == [
        Statement(2, "products/spring/a.jpg", {"price": Decimal(5)}),
        Statement(5, "products/spring/b.jpg", {"name": "B"}),
    ]


def test_short_rows_state_what_they_have() -> None:
    assert read("image,name,price\na.jpg,A\n") == [Statement(2, "products/spring/a.jpg", {"name": "A"})]


@pytest.mark.parametrize(
    ("image", "key"),
    [
        ("a.jpg", "products/spring/a.jpg"),
        ("dress\\a.jpg", "products/spring/dress/a.jpg"),
        ("./x//a.jpg", "products/spring/x/a.jpg"),
        ("../dress/a.jpg", "products/dress/a.jpg"),
        ("100%.jpg", "products/spring/100%.jpg"),
    ],
)
def test_pictures_are_relative_to_the_file(image: str, key: str) -> None:
    (statement,) = read(f"image,name\n{image},A\n")
    assert isinstance(statement, Statement)
    assert statement.key == key


@pytest.mark.parametrize(
    ("columns", "row", "column"),
    [
        ("image,name", ",A", "image"),
        ("image,name", "../../etc/passwd,A", "image"),
        ("image,name", "/a.jpg,A", "image"),
        ("image,name", "dress/,A", "image"),
        ("image,name", "x" * 1_100 + ",A", "image"),
        ("image,name", "a.jpg,A,extra", ""),
        ("image,name", "a.jpg," + "x" * 201, "name"),
        ("image,price", "a.jpg,-1", "price"),
        ("image,price", "a.jpg,cheap", "price"),
        ("image,price", "a.jpg,NaN", "price"),
        ("image,price", "a.jpg,Infinity", "price"),
        ("image,price", 'a.jpg,"19,99"', "price"),
        ("image,price", "a.jpg,1e30", "price"),
        ("image,currency", "a.jpg,euro", "currency"),
        ("image,stock", "a.jpg,-1", "stock"),
        ("image,stock", "a.jpg,many", "stock"),
        ("image,stock", "a.jpg,1.5", "stock"),
        ("image,sizes", "a.jpg,|", "sizes"),
        ("image,sizes", "a.jpg," + "x" * 21, "sizes"),
        ("image,purchase_url", "a.jpg,javascript:alert(1)", "purchase_url"),
        ("image,purchase_url", "a.jpg,http://", "purchase_url"),
    ],
)
def test_bad_rows_are_named_and_the_others_kept(columns: str, row: str, column: str) -> None:
    first, bad, last = read(f"{columns}\nfirst.jpg,\n{row}\nlast.jpg,\n")
    assert isinstance(bad, BadRow)
    assert (bad.row, bad.column) == (3, column)
    assert bad.reason
    assert [type(first), type(last)] == [Statement, Statement]


def test_a_picture_named_twice_is_stated_once() -> None:
    first, second = read("image,price\na.jpg,1\n./a.jpg,2\n")
    assert isinstance(first, Statement)
    assert second == BadRow(3, "image", "names the same picture as row 2")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "first row"),
        ("name,price\na,1\n", "first row"),
        ("image,colour\na,1\n", "unknown: colour"),
        ("image,name,name\na,1,2\n", "first row"),
        (b"image,name\na.jpg,\xff\xfe\n", "not UTF-8"),
        ("image,name\na.jpg,A\n".encode("utf-16"), "not UTF-8"),
        ('image,name\na.jpg,"open\n', "not valid CSV after row 1"),
        ("image,name\na.jpg," + "x" * 200_000, "not valid CSV"),
    ],
)
def test_files_that_cannot_be_read(text: str | bytes, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        read(text)


def test_large_files_are_read_a_row_at_a_time() -> None:
    def chunks() -> Sequence[bytes]:
        return [b"image,price\n", *(f"p{number}.jpg,{number % 100}\n".encode() for number in range(100_000))]

    with spool(chunks()) as file:
        assert sum(isinstance(line, Statement) for line in read_statements(file, KEY, "products/")) == 100_000


def test_files_that_are_too_large_are_refused() -> None:
    check_file_size(64 * 1024 * 1024)
    with pytest.raises(FileRefused, match="64 MB"):
        check_file_size(64 * 1024 * 1024 + 1)
    with pytest.raises(FileRefused, match="100,000 rows"):
        read("image\n" + "\n" * 100_001)


@pytest.mark.parametrize(
    ("key", "category", "name"),
    [
        ("products/dress/red_summer-dress.jpg", "dress", "Red summer dress"),
        ("products/T-Shirt/Striped tee 02.JPG", "t-shirt", "Striped tee 02"),
        ("products/dress/sub/folder/blue.jpg", "dress", "Blue"),
        ("products/loose.png", "other", "Loose"),
        ("products/Été  Robes/Été+100%.jpg", "été robes", "Été 100%"),
        ("products/hat/d116fe9a-a72b-49e2-806d-e92f3a67a032.jpg", "hat", "Hat"),
        ("products/hat/D116FE9AA72B49E2.jpg", "hat", "Hat"),
        ("products/hat/000123.jpg", "hat", "Hat"),
        ("products/hat/IMG_20240101_1234.jpg", "hat", "Hat"),
        ("products/hat/DSC00012.jpg", "hat", "Hat"),
        ("products/hat/noextension", "hat", "Noextension"),
        ("products/hat/.jpg", "hat", "Jpg"),
        ("products/hat/a\u202egpj\x00.jpg", "hat", "Agpj"),
        ("products/hat/" + "x" * 400 + ".jpg", "hat", "X" + "x" * 199),
    ],
)
def test_names_and_categories_from_keys(key: str, category: str, name: str) -> None:
    assert category_of(key, "products/") == category
    assert name_of(key, category) == name


SHADES = {
    "black": (20, 20, 22),
    "grey": (125, 125, 128),
    "red": (200, 25, 35),
    "pink": (240, 160, 190),
    "orange": (240, 125, 30),
    "yellow": (245, 215, 60),
    "green": (50, 140, 70),
    "blue": (45, 100, 190),
    "navy": (25, 35, 75),
    "purple": (110, 55, 140),
    "brown": (100, 65, 40),
    "beige": (215, 195, 165),
}


def test_the_palette() -> None:
    assert {*SHADES, "white", MULTICOLOUR} == set(PALETTE)
    assert len(PALETTE) == 14


@pytest.mark.parametrize(("name", "shade"), SHADES.items())
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_colours_of_a_garment_on_white(name: str, shade: tuple[int, int, int], kind: str) -> None:
    assert name_color(draw(shade, side=200, kind=kind)) == name


def test_white_on_a_coloured_background_and_on_white() -> None:
    image = Image.new("RGB", (200, 200), (120, 60, 40))
    image.paste((245, 245, 245), (50, 50, 150, 150))
    assert name_color(encode(image, "PNG")) == "white"
    assert name_color(draw((252, 252, 252))) == "white"


def test_a_transparent_background_is_no_colour() -> None:
    image = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    image.paste((200, 25, 35, 255), (30, 30, 70, 70))
    assert name_color(encode(image, "PNG")) == "red"


def test_many_colours_are_multicolour() -> None:
    image = Image.new("RGB", (200, 200), "white")
    pen = ImageDraw.Draw(image)
    for number, shade in enumerate([*SHADES.values()][2:10]):
        pen.rectangle((40, 40 + 15 * number, 160, 54 + 15 * number), fill=shade)
    assert name_color(encode(image, "PNG")) == MULTICOLOUR


@pytest.mark.parametrize("size", [(32, 32), (400, 32), (32, 3_000)])
def test_odd_shapes_have_a_colour_too(size: tuple[int, int]) -> None:
    assert name_color(encode(Image.new("RGB", size, (200, 25, 35)), "PNG")) == "red"
