"""The pages and files over HTTPS: headers, caching, Host checks, statistics."""

import gzip
import json
import re

import pytest
from cryptography import x509

from streamer.web.authority import read_authority
from tests.web.conftest import OpenHouse
from tests.web.doubles import House


@pytest.mark.parametrize("path", ["/watch", "/teach"])
async def test_the_pages_are_served_with_a_strict_policy(house: House, path: str) -> None:
    response, body = await house.get(path)
    assert response.status == 200
    assert response.content_type == "text/html"
    assert f"<title>{path[1:]}</title>".encode() in body
    assert response.headers["Cache-Control"] == "no-store"
    policy = dict(
        directive.split(" ", 1)
        for directive in response.headers["Content-Security-Policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["worker-src"] == "'self'"
    assert policy["connect-src"] == f"'self' wss://127.0.0.1:{house.server.port}"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/watch", "/assets/x-QW3RTY2A.js", "/nowhere", "/ca.crt", "/"])
async def test_every_answer_carries_the_security_headers(house: House, path: str) -> None:
    response, _ = await house.get(path)
    headers = response.headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "xr-spatial-tracking=(self)" in headers["Permissions-Policy"]
    assert "Content-Security-Policy" in headers
    assert headers["Server"] == "theatron"


async def test_the_root_leads_to_the_students_page(house: House) -> None:
    response, _ = await house.get("/")
    assert (response.status, response.headers["Location"]) == (302, "/watch")


@pytest.mark.parametrize(
    ("path", "content_type", "cache"),
    [
        ("/assets/x-QW3RTY2A.js", "text/javascript", "public, max-age=31536000, immutable"),
        ("/assets/stereo-anaglyph.js", "text/javascript", "no-cache"),
        ("/assets/theatron.webmanifest", "application/manifest+json", "no-cache"),
        ("/icon.svg", "image/svg+xml", "no-cache"),
    ],
)
async def test_assets_are_typed_and_cached(
    house: House, path: str, content_type: str, cache: str
) -> None:
    response, _ = await house.get(path)
    assert (response.status, response.content_type) == (200, content_type)
    assert response.headers["Cache-Control"] == cache
    again, body = await house.get(path, If_None_Match=response.headers["ETag"])
    assert (again.status, body) == (304, b"")


async def test_large_text_travels_compressed(house: House) -> None:
    raw, plain = await house.get("/assets/x-QW3RTY2A.js", Accept_Encoding="identity")
    assert "Content-Encoding" not in raw.headers
    async with house.client.get(
        f"{house.origin}/assets/x-QW3RTY2A.js",
        ssl=house.trust,
        headers={"Accept-Encoding": "gzip"},
        auto_decompress=False,
    ) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(await response.read()) == plain


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/.built-from",
        "/watch.html",
        "/assets/",
        "/assets/../watch.html",
        "/..%2f..%2fetc/passwd",
        "//",
    ],
)
async def test_what_is_not_there_is_not_found(house: House, path: str) -> None:
    response, _ = await house.get(path)
    assert response.status == 404


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "", "x@127.0.0.1", "127.0.0.1;x", "[::1", "::1"],
)
async def test_a_foreign_host_is_misdirected(house: House, host: str) -> None:
    response, _ = await house.get("/watch", Host=host)
    assert response.status == 421
    assert "evil" not in response.headers["Content-Security-Policy"]
    socket, _ = await house.get("/ws", Host=host)
    assert socket.status == 421


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "theatron.local", "[::1]:8443"])
async def test_each_of_its_own_hosts_is_answered(house: House, host: str) -> None:
    response, _ = await house.get("/watch", Host=host)
    assert response.status == 200
    assert f"wss://{host}" in response.headers["Content-Security-Policy"]


async def test_only_get_is_taken(house: House) -> None:
    async with house.client.post(f"{house.origin}/watch", ssl=house.trust, data="x") as response:
        assert response.status == 405
        assert "Content-Security-Policy" in response.headers


async def test_health(house: House) -> None:
    response, body = await house.get("/healthz")
    assert response.status == 200
    assert json.loads(body)["status"] == "ok"


async def test_statistics_are_the_instructors(house: House) -> None:
    await house.enter()
    nobody, _ = await house.get("/api/stats")
    assert nobody.status == 401
    assert nobody.headers["WWW-Authenticate"].startswith("Bearer")
    forged, body = await house.get("/api/stats", Authorization="Bearer forged")
    assert (forged.status, b"belongs to no one" in body) == (401, True)
    student = house.tokens.token("student")
    assert (await house.get("/api/stats", Authorization=f"Bearer {student}"))[0].status == 403
    token = house.tokens.token("instructor")
    response, body = await house.get("/api/stats", Authorization=f"Bearer {token}")
    assert response.status == 200
    stats = json.loads(body)
    assert stats["room"] == "test"
    assert stats["delivery"] == {"encoded": 7}
    assert (stats["hub"]["viewers"], stats["hub"]["students"]) == (1, 1)


async def test_the_ca_is_handed_out(house: House) -> None:
    response, body = await house.get("/ca.crt")
    assert response.content_type == "application/x-x509-ca-cert"
    assert "theatron-ca.crt" in response.headers["Content-Disposition"]
    assert house.settings.tls_folder is not None
    authority = read_authority(house.settings.tls_folder)
    assert x509.load_der_x509_certificate(body) == authority.certificate
    profile, content = await house.get("/ca.mobileconfig")
    assert profile.content_type == "application/x-apple-aspen-config"
    assert b"com.apple.security.root" in content


async def test_links_carry_the_token_in_the_fragment(house: House) -> None:
    port = house.server.port
    student, instructor = house.server.student_url, house.server.instructor_url
    assert re.fullmatch(rf"https://127\.0\.0\.1:{port}/watch#[\w-]{{22,}}", student)
    assert re.fullmatch(rf"https://127\.0\.0\.1:{port}/teach#[\w-]{{22,}}", instructor)
    assert house.tokens.check(student.partition("#")[2]) == "student"
    assert house.tokens.check(instructor.partition("#")[2]) == "instructor"


async def test_plain_http_on_loopback(open_house: OpenHouse) -> None:
    async with open_house(plain_http=True) as house:
        assert house.server.student_url.startswith(f"http://127.0.0.1:{house.server.port}/watch#")
        response, _ = await house.get("/watch")
        assert f"ws://127.0.0.1:{house.server.port}" in response.headers["Content-Security-Policy"]
        assert (await house.get("/ca.crt"))[0].status == 404
        await house.enter()
