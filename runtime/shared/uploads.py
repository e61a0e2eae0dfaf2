"""Uploads that go past the functions, straight into a bucket."""

from typing import Any


def invite_upload(
    client: Any, bucket: str, key: str, content_type: str, max_bytes: int, expires_s: int
) -> dict[str, Any]:
    """Address and form fields with which one object of that type and size may be put at `key`.

    S3 itself refuses what is larger, of another type, or has fields that are not listed here.
    """
    return client.generate_presigned_post(
        Bucket=bucket,
        Key=key,
        Fields={"Content-Type": content_type},
        Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, max_bytes]],
        ExpiresIn=expires_s,
    )
