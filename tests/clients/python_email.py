"""Python's email package reads what mcs-gmail writes: every field, body and attachment of its dry runs.

Usage: python_email.py PATH_OF_MCS_GMAIL
"""

import email
import email.policy
import os
import subprocess
import sys
import tempfile

BYTES = bytes(range(256)) * 40


def written(binary, home, *args):
    command = [binary, "send", "--dry-run", "--from", "Ada Lovelace <ada@example.com>", *args]
    done = subprocess.run(command, env={"HOME": home}, capture_output=True, check=True)
    assert done.stderr == b"", done.stderr
    for line in done.stdout.split(b"\r\n"):
        assert len(line) <= 998 and b"\n" not in line and b"\r" not in line, line[:80]
    message = email.message_from_bytes(done.stdout, policy=email.policy.default)
    assert not message.defects, message.defects
    return message


def addresses(message, name):
    return [(a.display_name, a.addr_spec) for a in message[name].addresses]


def check(binary, home):
    subject = "Grüße, 日本語 und 🦀: " + "sehr lang " * 12
    body = "Hällo,\n\n.Punkt am Anfang\nFrom hier\n" + "x" * 1200 + "\n" + "Ende 🦀\n"
    message = written(
        binary, home, "--to", '"Bob, the Builder" <bob@example.org>, Zoë <zoe@münchen.example>', "--cc",
        "carol@example.com", "--bcc", "dan@example.com", "--reply-to", "desk@example.com",
        "--subject", subject.strip(), "--body", body,
    )
    assert message["Subject"] == subject.strip(), message["Subject"]
    assert addresses(message, "From") == [("Ada Lovelace", "ada@example.com")]
    assert addresses(message, "To") == [("Bob, the Builder", "bob@example.org"), ("Zoë", "zoe@xn--mnchen-3ya.example")]
    assert addresses(message, "Cc") == [("", "carol@example.com")]
    assert addresses(message, "Bcc") == [("", "dan@example.com")]
    assert addresses(message, "Reply-To") == [("", "desk@example.com")]
    assert message["Message-ID"].endswith("@example.com>") and message["Date"].datetime
    assert message.get_content().replace("\r\n", "\n").rstrip("\n") == body.rstrip("\n")

    name = os.path.join(home, "Übersicht 2026 \"final\".bin")
    image = os.path.join(home, "logo.png")
    for path in (name, image):
        with open(path, "wb") as file:
            file.write(BYTES)
    message = written(
        binary, home, "--to", "bob@example.org", "--subject", "s", "--body", "plain", "--html-body",
        "<p>rich <img src='cid:logo'></p>", "--attach", name, "--inline", f"logo={image}",
    )
    assert message.get_body(("plain",)).get_content().strip() == "plain"
    assert message.get_body(("html",)).get_content().strip().startswith("<p>rich")
    kept = [part for part in message.walk() if part.get_filename()]
    assert {part.get_filename() for part in kept} == {os.path.basename(name), "logo.png"}, kept
    for part in kept:
        assert part.get_content() == BYTES
    assert any(part["Content-ID"] == "<logo>" for part in kept)


with tempfile.TemporaryDirectory() as home:
    check(sys.argv[1], home)
print("Python's email package read every message as it was meant")
