"""Addresses keep where and lose who."""

from __future__ import annotations

import pytest

from restrike.code.remotes import without_credentials


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://example.org/a/b.git", "https://example.org/a/b.git"),
        ("https://SECRET@example.org/b.git", "https://example.org/b.git"),
        ("https://ann:SECRET@example.org:8443/b.git", "https://example.org:8443/b.git"),
        ("https://ann:SEC@RET@example.org/b.git", "https://example.org/b.git"),
        ("https://ann:SEC/RET@example.org/b.git", "https://example.org/b.git"),
        ("https://ann:SEC#RET@example.org/b.git", "https://example.org/b.git"),
        ("https://ann:SEC?RET@example.org/b.git", "https://example.org/b.git"),
        ("https://example.org/b.git?private_token=SECRET", "https://example.org/b.git"),
        ("https://example.org/b.git?mail=a@SECRET", "https://example.org/b.git"),
        ("https://example.org/b.git#SECRET", "https://example.org/b.git"),
        ("https://example.org/~ann/b@2.git", "https://example.org/~ann/b@2.git"),
        ("https://[::1]:8080/b.git", "https://[::1]:8080/b.git"),
        ("HTTPS://SECRET@EXAMPLE.org/b.git", "HTTPS://EXAMPLE.org/b.git"),
        ("ssh://git@example.org:22/b.git", "ssh://git@example.org:22/b.git"),
        ("ssh://git:SECRET@example.org/b.git", "ssh://git@example.org/b.git"),
        ("ftp://SECRET:x@example.org/b.git", "ftp://example.org/b.git"),
        ("git@example.org:a/b.git", "git@example.org:a/b.git"),
        ("ann:SECRET@example.org:a/b.git", "example.org:a/b.git"),
        ("ext::ssh -i SECRET %S", "ext::"),
        ("/home/ann/b.git", "/home/ann/b.git"),
        ("../b.git", "../b.git"),
        ("file:///home/ann/b.git", "file:///home/ann/b.git"),
    ],
)
def test_credentials_are_dropped(address, kept):
    assert without_credentials(address) == kept
    assert "SECRET" not in kept


def test_a_snapshot_names_its_remotes_without_credentials(code, checkout, git):
    git(checkout, "remote", "add", "origin", "https://ann:SECRET@example.org/b.git?token=SECRET")
    git(checkout, "remote", "add", "back.up", "git@example.org:b.git")
    snapshot = code.capture(checkout)
    assert snapshot.remotes == {"origin": "https://example.org/b.git", "back.up": "git@example.org:b.git"}
    git(checkout, "remote", "remove", "back.up")
    assert list(code.capture(checkout).remotes) == ["origin"]
    store = b"".join(path.read_bytes() for path in code.git_dir.rglob("*") if path.is_file())
    assert b"SECRET" not in store
