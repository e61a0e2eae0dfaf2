"""Photos as they are taken in: upright, bare, once, and never what is no usable photo."""

import io
import json
from collections.abc import Iterator

import pytest
from moto import mock_aws
from PIL import Image, ImageCms

from runtime.shared.aws import Clients
from runtime.tryon import photos
from runtime.tryon.cleaning import LONGEST_SIDE, clean_photo
from tests.support.pictures import unusable_pictures
from tests.unit.shop import ENVIRONMENT, s3_message, sqs_record, start_logs
from tests.unit.tryon_doubles import DRESS, USER, FittingHouse, open_house, photo_of_someone

_ORIENTATION, _MAKE, _GPS = 0x0112, 0x010F, 0x8825


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[FittingHouse]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    start_logs(monkeypatch)
    with mock_aws():
        yield open_house(Clients())


def snapshot_by_camera(orientation: int = 6) -> bytes:
    """A photo with what a phone writes into it: how it was held, its maker, where, and a comment."""
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    exif[_MAKE] = "SecretPhone"
    exif.get_ifd(_GPS)[1] = "N"
    return photo_of_someone(exif=exif, comment=b"SecretComment")


def stored(house: FittingHouse, model_id: str) -> bytes:
    key = f"models/{USER}/{model_id}"
    return house.clients.get("s3").get_object(Bucket="photos", Key=key)["Body"].read()


def test_a_photo_is_turned_upright_and_bared_of_all_metadata(house: FittingHouse) -> None:
    model_id = house.upload(snapshot_by_camera())
    data = stored(house, model_id)
    image = Image.open(io.BytesIO(data))
    assert image.size == (480, 320)  # it was 320 x 480, held sideways
    assert not image.getexif()
    assert b"Secret" not in data
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    _, shown, _ = house.call("GET", f"/models/{model_id}")
    assert shown["status"] == "ready"
    assert "X-Amz-Signature" in shown["image_url"]


def test_the_row_has_all_its_fields(house: FittingHouse) -> None:
    model_id = house.upload()
    place = {"model_id": {"S": model_id}}
    row = house.clients.get("dynamodb").get_item(TableName="models", Key=place)["Item"]
    assert {
        "model_id",
        "model_picture_s3_url",
        "name",
        "category",
        "description",
        "auto_imported",
        "created_at",
        "updated_at",
    } <= set(row)
    assert row["auto_imported"] == {"BOOL": True}
    assert int(row["ttl"]["N"]) == int(house.now) + 7 * 86_400


def test_the_cleaned_photos_own_event_changes_nothing(house: FittingHouse) -> None:
    model_id = house.upload()
    before = stored(house, model_id)
    again = [s3_message(f"models/{USER}/{model_id}", bucket="photos")] * 3
    assert house.intake.run(again).counts == {"Known": 3, "MessagesFailed": 0}
    assert stored(house, model_id) == before


def test_a_cleaning_that_died_half_way_is_finished(
    house: FittingHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Died(Exception):
        pass

    def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr("runtime.tryon.photo.PhotoTable.finish_cleaning", die)
        with pytest.raises(Died):
            house.upload()
    [key] = house.keys("photos")
    model_id = key.rpartition("/")[2]
    before = stored(house, model_id)
    assert house.take_in(s3_message(key, bucket="photos"))
    assert house.call("GET", f"/models/{model_id}")[1]["status"] == "ready"
    assert stored(house, model_id) == before


@pytest.mark.parametrize("name", [*unusable_pictures(), "30 MB", "a small photo"])
def test_a_bad_upload_is_refused_with_advice_and_does_not_remain(house: FittingHouse, name: str) -> None:
    special = {"30 MB": bytes(30 * 1024 * 1024), "a small photo": photo_of_someone((120, 200))}
    model_id = house.upload({**unusable_pictures(), **special}[name])
    _, shown, _ = house.call("GET", f"/models/{model_id}")
    assert shown["status"] == "refused"
    assert all(advice.endswith(".") for advice in shown["advice"])
    assert shown["advice"]
    assert house.keys("photos") == []
    status, answer, _ = house.call("POST", "/try-on", {"model_id": model_id, "product_id": DRESS})
    assert (status, answer["errors"][0]["field"]) == (400, "model_id")


def test_what_is_uploaded_over_a_cleaned_photo_never_reaches_the_model(house: FittingHouse) -> None:
    model_id = house.upload()
    job_id = house.order(model_id)
    key = f"models/{USER}/{model_id}"
    forged = {"clean": "a guess"}
    house.clients.get("s3").put_object(Bucket="photos", Key=key, Body=photo_of_someone(), Metadata=forged)
    with pytest.raises(Exception, match="not there any more"):
        house.fitter.work(job_id)
    assert house.model.calls == []
    assert house.take_in(s3_message(key, bucket="photos"))
    house.fitter.work(job_id)
    assert len(house.model.calls) == 1


def test_a_photo_deleted_while_it_is_looked_at_does_not_come_back(
    house: FittingHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "runtime.tryon.photos.clean_photo", lambda data: (house.parts.photos.delete(model_ids()[0]), data)[1]
    )

    def model_ids() -> list[str]:
        return [key.rpartition("/")[2] for key in house.keys("photos")]

    house.upload()
    assert house.keys("photos") == []


def test_a_photo_that_nobody_announced_is_imported_for_its_owner(house: FittingHouse) -> None:
    key = f"models/{USER}/brought-along"
    house.clients.get("s3").put_object(Bucket="photos", Key=key, Body=photo_of_someone())
    assert house.take_in(s3_message(key, bucket="photos"))
    assert house.call("GET", "/models/brought-along")[1]["status"] == "ready"


@pytest.mark.parametrize("key", ["models/nobody.jpg", "models/a/b/c.jpg"])
def test_what_belongs_to_nobody_is_erased(house: FittingHouse, key: str) -> None:
    house.clients.get("s3").put_object(Bucket="photos", Key=key, Body=photo_of_someone())
    assert house.take_in(s3_message(key, bucket="photos"))
    assert house.keys("photos") == []


def test_a_photo_cannot_take_over_the_row_of_another_shopper(house: FittingHouse) -> None:
    model_id = house.upload()
    key = f"models/another/{model_id}"
    house.clients.get("s3").put_object(Bucket="photos", Key=key, Body=photo_of_someone())
    assert house.take_in(s3_message(key, bucket="photos"))
    assert house.keys("photos") == [f"models/{USER}/{model_id}"]


def test_messages_that_cannot_be_read_come_again_and_end_as_dead_letters(house: FittingHouse) -> None:
    assert house.take_in(sqs_record('{"Event": "s3:TestEvent"}'))
    assert not house.take_in(sqs_record("no JSON"))
    assert not house.take_in(s3_message("models/a/b", bucket="another"))


def test_the_function_takes_its_place_from_its_settings(
    house: FittingHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = house.clients.get("sqs").create_queue(QueueName="photos")["QueueUrl"]
    place = {"table": "models", "bucket": "photos", "prefix": "models/", "retention_days": 7}
    monkeypatch.setenv("PHOTOS", json.dumps(place))
    monkeypatch.setenv("TRYON_QUEUE", json.dumps({"queue_url": url, "max_attempts": 3}))
    key = f"models/{USER}/brought-along"
    house.clients.get("s3").put_object(Bucket="photos", Key=key, Body=photo_of_someone())
    open_consumer = photos._open_consumer  # pyright: ignore[reportPrivateUsage]
    open_consumer.cache_clear()
    try:
        good, bad = s3_message(key, bucket="photos", id_="good"), sqs_record("no JSON", id_="bad")
        answer = photos.handler({"Records": [good, bad]}, None)
    finally:
        open_consumer.cache_clear()
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert house.call("GET", "/models/brought-along")[1]["status"] == "ready"


def test_colours_are_converted_and_what_is_see_through_lies_on_white() -> None:
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ"))
    with_profile = clean_photo(photo_of_someone(icc_profile=wide.tobytes()))
    assert "icc_profile" not in Image.open(io.BytesIO(with_profile)).info
    buffer = io.BytesIO()
    Image.new("RGBA", (300, 300), (255, 0, 0, 0)).save(buffer, "PNG")
    cleaned = Image.open(io.BytesIO(clean_photo(buffer.getvalue())))
    assert cleaned.getpixel((150, 150)) == (255, 255, 255)


def test_a_large_photo_is_made_smaller() -> None:
    cleaned = Image.open(io.BytesIO(clean_photo(photo_of_someone((3000, 4000)))))
    assert max(cleaned.size) == LONGEST_SIDE
    assert cleaned.width / cleaned.height == pytest.approx(0.75, abs=0.01)
