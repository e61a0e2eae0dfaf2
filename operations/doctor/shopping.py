"""Checks that use the shop as a shopper does."""

import base64
import json
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import connect

from operations.doctor.check import Check, Fault, Skip
from operations.doctor.people import machine_token
from operations.doctor.stack import Stack
from operations.sign_in import SignInFailed, open_page, read_metadata, sign_in
from runtime.canary.probes import NothingThere, ProbeFailed, Shop, ask_health, expect, search_words

FIGURE = Path(__file__).resolve().parents[2] / "ui" / "figures" / "light.jpg"
"""Somebody drawn, on whom clothes are tried."""
_WAIT_S = 2.0
_PHOTO_S = 90.0
_TRY_ON_S = 600.0
_SIGNED_IN = ("sign-in",)
_EMPTY = "upload pictures: `aws s3 sync photos/ s3://$(pulumi stack output catalog_bucket)/products/`"


def ask_for_health(stack: Stack) -> str:
    ask_health(stack.shop)
    told = expect(Shop(stack.shop.url, stack.shop.api_key).call("GET", "/capabilities"), 200).json()
    return f"vectors are in {told['vector_backend']}"


def find_locked_doors(stack: Stack) -> str:
    """Nobody gets in without key or token."""
    path = "/search?query=dress"
    without_key = Shop(stack.shop.url, "", stack.token).call("GET", path)
    without_token = Shop(stack.shop.url, stack.shop.api_key).call("GET", path)
    for what, answer, status in (("API key", without_key, 403), ("token", without_token, 401)):
        if answer.status != status:
            raise Fault(f"a request without {what} is answered with {answer.status} instead of {status}")
    return "neither without key nor without token"


def open_sign_in_page(stack: Stack) -> str:
    with httpx.Client(timeout=30) as browser:
        page = open_page(browser, stack.sign_in_client)
    return f"{page.url.host} returns to {stack.sign_in_client.redirect_uri}"


def sign_in_as_someone(stack: Stack) -> str:
    """As the person that was made for it; where the page wants a real browser, as a machine."""
    person = stack.known["person"]
    try:
        stack.token = sign_in(stack.sign_in_client, person.email, person.password)
    except SignInFailed as reason:
        with httpx.Client(timeout=30) as browser:
            token_url = read_metadata(browser, stack.sign_in_client)["token_endpoint"]
        try:
            stack.token = machine_token(stack, token_url)
        except ProbeFailed as failed:
            raise Fault(f"{reason}; and as a machine: {failed}") from failed
        stack.known["machine"] = True
        return f"as a machine: the page could not be used without a browser ({reason})"
    return f"as {person.email}"


def find_by_words(stack: Stack) -> str:
    try:
        found = search_words(stack.shop)
    except NothingThere as reason:
        raise Fault(str(reason), _EMPTY) from reason
    stack.known["products"] = found["results"]
    return f"{found['results'][0]['name']} in {found['took_ms']:.0f} ms, by {found['backend']}"


def find_by_photo(stack: Stack) -> str:
    """The picture of a product finds that product first."""
    wanted = stack.known["products"][0]
    picture = httpx.get(wanted["image_url"], timeout=30)
    if picture.status_code != 200:
        raise Fault(f"the picture of {wanted['name']} is answered with {picture.status_code}")
    body = {"image": base64.b64encode(picture.content).decode(), "limit": 1, "personalize": 0}
    found = expect(stack.shop.call("POST", "/search", body), 200).json()["results"]
    if not found or found[0]["product_id"] != wanted["product_id"]:
        raise Fault(
            f"the picture of {wanted['name']} finds {found[0]['name'] if found else 'nothing'}",
            "vectors and pictures belong to different models: load the catalogue anew, see docs/migration.md",
        )
    return f"{wanted['name']} is found by its picture"


def use_the_closet(stack: Stack) -> str:
    """A product is saved, listed and taken out again."""
    shop, product = stack.shop, stack.known["products"][0]
    place = f"/me/closet/favorite/{product['product_id']}"
    expect(shop.call("PUT", place, {}), 200)
    listed = expect(shop.call("GET", "/me/closet"), 200).json()["items"]
    expect(shop.call("DELETE", place), 200)
    if product["product_id"] not in {item["item_id"] for item in listed}:
        raise Fault(f"{product['name']} was saved and is not listed")
    return f"{product['name']} was saved, listed and taken out"


def talk(stack: Stack) -> str:
    body = {"message": "I look for a dress for a summer wedding."}
    answer = expect(stack.shop.call("POST", "/text", body), 200).json()
    if not answer["reply"].strip():
        raise Fault("the reply is empty")
    return f"{len(answer['reply'].split())} words, {len(answer['products'])} products"


def open_socket(stack: Stack) -> str:
    url = stack.outputs["websocket_url"]
    if stack.known.get("machine"):
        raise Skip("it takes tokens of the site only, and there was no sign-in without a browser")
    _refuse_strangers(url)
    try:
        with connect(f"{url}?token={quote(stack.token)}", open_timeout=20) as connection:
            connection.send(json.dumps({"action": "ping"}))
            answer = json.loads(connection.recv(timeout=20))
    except (WebSocketException, TimeoutError) as error:
        raise Fault(f"it does not answer: {error!r}") from error
    if answer != {"type": "pong"}:
        raise Fault(f"a ping is answered with {answer!r}")
    return "a ping is answered, a forged token is refused"


def _refuse_strangers(url: str) -> None:
    try:
        with connect(f"{url}?token=nonsense", open_timeout=20):
            raise Fault("it takes a token that nobody gave out")
    except InvalidStatus as refused:
        if refused.response.status_code not in (401, 403):
            raise Fault(f"a forged token is answered with {refused.response.status_code}") from refused
    except (WebSocketException, TimeoutError) as error:
        raise Fault(f"it does not answer: {error!r}") from error


def draw(stack: Stack) -> str:
    body = {"prompt": "a plain blue summer dress", "count": 1}
    made = expect(stack.shop.call("POST", "/image", body), 200).json()
    picture = httpx.get(made["images"][0]["url"], timeout=30)
    if picture.status_code != 200 or not picture.headers["content-type"].startswith("image/"):
        raise Fault(f"the picture is answered with {picture.status_code}")
    return f"{len(picture.content) // 1024} KB by {made['model']}"


def try_on(stack: Stack) -> str:
    """A drawn person wears a product."""
    shop, began = stack.shop, time.monotonic()
    model_id = _upload_figure(shop)
    body = {"model_id": model_id, "product_ids": [stack.known["products"][0]["product_id"]]}
    job_id = expect(shop.call("POST", "/try-on", body), 202).json()["job_id"]
    job = _wait_for(shop, f"/try-on/{job_id}", ("completed", "error"), _TRY_ON_S)
    if job["status"] == "error":
        raise Fault(f"it ended with: {job['error_message']}")
    if httpx.get(job["result_url"], timeout=30).status_code != 200:
        raise Fault("the result cannot be fetched")
    return f"in {time.monotonic() - began:.0f} s"


def _upload_figure(shop: Shop) -> str:
    data = FIGURE.read_bytes()
    asked = {"kind": "model", "content_type": "image/jpeg", "bytes": len(data)}
    form = expect(shop.call("POST", "/uploads", asked), 200).json()
    sent = httpx.post(
        form["url"], data=form["fields"], files={"file": ("figure.jpg", data, "image/jpeg")}, timeout=60
    )
    if sent.status_code not in (200, 201, 204):
        raise Fault(f"S3 takes no photo: {sent.status_code}")
    photo = _wait_for(shop, f"/models/{form['model_id']}", ("ready", "refused"), _PHOTO_S)
    if photo["status"] == "refused":
        raise Fault(f"the photo is refused: {' '.join(photo['advice'])}")
    return str(form["model_id"])


def _wait_for(shop: Shop, path: str, ends: tuple[str, ...], within_s: float) -> dict[str, Any]:
    deadline = time.monotonic() + within_s
    while True:
        found = expect(shop.call("GET", path), 200).json()
        if found["status"] in ends:
            return found
        if time.monotonic() > deadline:
            raise Fault(f"{path} is still {found['status']} after {within_s:.0f} s")
        time.sleep(min(_WAIT_S, within_s / 50))


def erase(stack: Stack) -> str:
    erased = expect(stack.shop.call("DELETE", "/me"), 200).json()
    return f"what was kept of the visit is gone: {json.dumps(erased)[:120]}"


def open_site(stack: Stack) -> str:
    url, hosted = str(stack.outputs["site_url"]), bool(stack.outputs.get("distribution_domain"))
    try:
        answer = httpx.get(f"{url}/_stcore/health", timeout=30)
    except httpx.HTTPError as error:
        if not hosted:
            raise Skip(f"it is not hosted here, and {urlsplit(url).netloc} does not answer") from error
        raise Fault(f"{url} does not answer: {error}") from error
    if answer.status_code != 200:
        raise Fault(f"{url} answers with {answer.status_code}")
    return f"{url} is up"


def checks(image_usd: float, try_on_usd: float) -> tuple[Check[Stack], ...]:
    """The checks in the order in which they run; the sums are what a picture and a try-on cost."""
    return (
        Check(
            name="health",
            run=ask_for_health,
            needs=("outputs",),
            remedy="see docs/runbook.md#api-errors; without any answer: is there a firewall or proxy here?",
        ),
        Check(
            name="sign-in-page",
            run=open_sign_in_page,
            needs=("site-secret",),
            remedy="siteUrl must be where the site is; after a change of it, `pulumi up`. A new domain of "
            "Cognito takes a minute",
        ),
        Check(
            name="sign-in",
            run=sign_in_as_someone,
            needs=("sign-in-page",),
            remedy="see the user pool in the Cognito console: client, scopes, domain",
        ),
        Check(
            name="locked-doors",
            run=find_locked_doors,
            needs=_SIGNED_IN,
            remedy="somebody has changed the API by hand: run `pulumi up --refresh`",
        ),
        Check(
            name="search-words",
            run=find_by_words,
            needs=_SIGNED_IN,
            remedy="see docs/runbook.md#api-errors; 403 is a wrong API key",
        ),
        Check(
            name="search-photo",
            run=find_by_photo,
            needs=("search-words",),
            remedy="see docs/runbook.md#api-errors",
        ),
        Check(
            name="closet",
            run=use_the_closet,
            needs=("search-words",),
            remedy="see docs/runbook.md#function-errors for `closet`",
        ),
        Check(
            name="chat",
            run=talk,
            needs=_SIGNED_IN,
            costs_usd=0.01,
            remedy="see docs/runbook.md#function-errors for `chat`, and the check `models`",
        ),
        Check(
            name="socket",
            run=open_socket,
            needs=_SIGNED_IN,
            remedy="see docs/runbook.md#function-errors for `realtime-authorizer` and `realtime-lifecycle`",
        ),
        Check(
            name="image",
            run=draw,
            needs=_SIGNED_IN,
            costs_usd=image_usd,
            remedy="see docs/runbook.md#function-errors for `images`; 429 and 503 are limits: "
            "dailyImagesPerUser, dailySpendUsd",
        ),
        Check(
            name="try-on",
            run=try_on,
            needs=("search-words",),
            costs_usd=try_on_usd,
            remedy="see docs/runbook.md#workflow-failures and #function-errors for `try-on-worker`",
        ),
        Check(
            name="erase",
            run=erase,
            needs=_SIGNED_IN,
            remedy="see docs/runbook.md#function-errors for `profile`",
        ),
        Check(name="site", run=open_site, needs=("outputs",), remedy="see docs/runbook.md#site-down"),
    )
