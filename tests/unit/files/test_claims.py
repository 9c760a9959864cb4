"""When extension or declared type contradict the bytes, and when they do not."""

import pytest

from apps.files.processors.detection.claims import BY_EXTENSION, canonical, mismatch

EXCEL = "application/vnd.ms-excel"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

AGREE = [
    ("photo.jpg", "image/jpeg", "image/jpeg"),
    ("photo.JPG", "image/jpg", "image/jpeg"),
    ("photo.jpeg", "image/pjpeg", "image/jpeg"),
    ("photo.png", "IMAGE/PNG; charset=binary", "image/png"),
    ("anim.png", "image/apng", "image/png"),
    ("icon.ico", "image/x-icon", "image/vnd.microsoft.icon"),
    ("photo", "", "image/png"),
    ("photo.png", "application/octet-stream", "image/png"),
    ("photo.unknown", "binary/octet-stream", "image/png"),
    ("raw.dng", "image/x-adobe-dng", "image/tiff"),
    ("data.csv", "text/csv", "text/csv"),
    ("data.csv", "text/csv; header=present", "text/csv"),
    ("data.csv", "text/plain", "text/csv"),
    ("data.csv", "application/csv", "text/csv"),
    ("data.csv", "text/comma-separated-values", "text/csv"),
    ("data.csv", EXCEL, "text/csv"),
    ("data.tsv", EXCEL, "text/tab-separated-values"),
    ("data.csv", "text/tab-separated-values", "text/csv"),
    ("data.txt", "text/plain", "text/csv"),
    ("notes.txt", "text/csv", "text/plain"),
    ("data.json", "text/json", "application/json"),
    ("map.geojson", "application/geo+json", "application/json"),
    ("log.txt", "text/plain", "application/json"),
    ("feed.xml", "text/xml", "application/xml"),
    ("feed.xml", "application/rss+xml", "application/xml"),
    ("drawing.svg", "image/svg+xml", "image/svg+xml"),
    ("drawing.svg", "application/xml", "image/svg+xml"),
    ("drawing.svg", "image/svg+xml", "text/plain"),
    ("page.html", "application/xhtml+xml", "text/html"),
    ("part.html", "text/html", "text/plain"),
    ("run.py", "text/x-python", "text/plain"),
    ("run.js", "application/javascript", "text/plain"),
    ("build.tex", "application/x-tex", "text/plain"),
    ("README", "text/markdown", "text/plain"),
    ("sheet.xlsx", XLSX, XLSX),
    ("sheet.xlsx", "application/zip", XLSX),
    ("old.doc", "application/msword", "application/x-ole-storage"),
    ("app.whl", "application/x-wheel+zip", "application/zip"),
    ("a.zip", "application/x-zip-compressed", "application/zip"),
    ("a.tar.gz", "application/x-gzip", "application/gzip"),
    ("song.mp3", "audio/mp3", "audio/mpeg"),
    ("song.wav", "audio/x-wav", "audio/wav"),
    ("song.ogg", "application/ogg", "audio/ogg"),
    ("voice.opus", "audio/opus", "audio/ogg"),
    ("film.m4v", "video/x-m4v", "video/mp4"),
    ("film.mov", "video/quicktime", "video/mp4"),
    ("sound.webm", "audio/webm", "video/webm"),
    ("blob.bin", "application/x-something", "application/octet-stream"),
    ("blob", "nonsense", "application/octet-stream"),
    ("a.ts", "video/mp2t", "video/mp2t"),
    ("a.ts", "text/plain", "text/plain"),
]

CONTRADICT = [
    ("photo.png", "image/png", "text/html"),
    ("photo.png", "", "text/html"),
    ("photo", "image/png", "text/html"),
    ("photo.png", "image/png", "image/jpeg"),
    ("photo.png", "application/octet-stream", "application/octet-stream"),
    ("photo.jpg", "text/html", "image/jpeg"),
    ("photo.jpg", "image/jpeg", "text/plain"),
    ("notes.txt", "text/plain", "text/html"),
    ("notes.txt", "", "image/svg+xml"),
    ("notes.txt", "text/plain", "application/zip"),
    ("data.csv", "image/png", "text/csv"),
    ("data.csv", "application/json", "text/csv"),
    ("sheet.xls", EXCEL, "text/csv"),
    ("sheet.xlsx", EXCEL, XLSX),
    ("data.json", "application/json", "application/pdf"),
    ("page.html", "text/html", "application/json"),
    ("report.pdf", "application/pdf", "application/vnd.microsoft.portable-executable"),
    ("report.pdf", "application/pdf", "text/plain"),
    ("report.docx", "", "application/zip"),
    ("song.mp3", "audio/mpeg", "video/mp4"),
    ("blob", "model/gltf", "image/png"),
    ("script.py", "text/x-python", "image/png"),
]


def _id(claim: tuple[str, str, str]) -> str:
    return f"{claim[0]} as {claim[1] or 'nothing'} is {claim[2]}"


@pytest.mark.parametrize("claim", AGREE, ids=_id)
def test_claims_that_can_be_believed_are_no_mismatch(claim: tuple[str, str, str]) -> None:
    name, declared, detected = claim
    assert mismatch(name, declared, detected) is None


@pytest.mark.parametrize("claim", CONTRADICT, ids=_id)
def test_claims_that_the_bytes_contradict_are_a_mismatch(claim: tuple[str, str, str]) -> None:
    name, declared, detected = claim
    found = mismatch(name, declared, detected)
    assert found is not None
    assert found["detected"] == detected


def test_a_mismatch_shows_the_claims_as_they_were_made() -> None:
    assert mismatch("a.PNG", "Image/PNG", "text/html") == {
        "extension": ".png",
        "declared": "Image/PNG",
        "detected": "text/html",
    }


def test_a_claim_that_was_not_made_is_null() -> None:
    assert mismatch("photo", "image/png", "text/html") == {
        "extension": None,
        "declared": "image/png",
        "detected": "text/html",
    }


@pytest.mark.parametrize(("extension", "content_type"), BY_EXTENSION.items(), ids=BY_EXTENSION.keys())
def test_every_extension_claims_a_type_under_the_name_that_detection_uses(extension: str, content_type: str) -> None:
    assert canonical(content_type) == content_type
