"""Google's own Python client against the sandbox: lists, batches, reads, labels and sends through its proxy.

Usage: google_client.py PATH_OF_THE_SANDBOX_EXAMPLE
"""

import base64
import email.message
import shlex
import subprocess
import sys
import urllib.parse

import google_auth_httplib2
import httplib2
import socks
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError


def serve(binary):
    """Starts the world and returns its process and what it prints as a dictionary."""
    process = subprocess.Popen([binary, "--serve", "--google-token"], stdout=subprocess.PIPE, text=True)
    values = {}
    while "ACCESS_TOKEN" not in values:
        line = process.stdout.readline()
        assert line, "the sandbox ended"
        words = shlex.split(line)
        for word in words:
            if "=" in word:
                name, value = word.split("=", 1)
                values[name] = value
    return process, values


def client(values):
    proxy = urllib.parse.urlparse(values["HTTPS_PROXY"])
    through = httplib2.ProxyInfo(socks.PROXY_TYPE_HTTP, proxy.hostname, proxy.port)
    http = httplib2.Http(proxy_info=through, ca_certs=values["SSL_CERT_FILE"])
    http = google_auth_httplib2.AuthorizedHttp(Credentials(values["ACCESS_TOKEN"]), http=http)
    return build("gmail", "v1", http=http, static_discovery=True)


def check(gmail):
    users = gmail.users()
    assert users.getProfile(userId="me").execute()["emailAddress"] == "ada@example.com"

    listed = users.messages().list(userId="me", labelIds=["INBOX"], maxResults=20).execute()["messages"]
    assert len(listed) == 20
    got = {}
    batch = gmail.new_batch_http_request(callback=lambda name, answer, error: got.update({name: error or answer}))
    for message in listed:
        batch.add(users.messages().get(userId="me", id=message["id"], format="metadata"), request_id=message["id"])
    batch.execute()
    assert {m["id"] for m in got.values()} == {m["id"] for m in listed}

    full = users.messages().get(userId="me", id=listed[0]["id"]).execute()
    assert full["payload"]["headers"]
    body = {"name": "From Python", "labelListVisibility": "labelShow", "messageListVisibility": "show"}
    label = users.labels().create(userId="me", body=body).execute()
    changed = users.messages().modify(userId="me", id=listed[0]["id"], body={"addLabelIds": [label["id"]]}).execute()
    assert label["id"] in changed["labelIds"]
    found = users.messages().list(userId="me", q="label:from-python").execute()["messages"]
    assert [m["id"] for m in found] == [listed[0]["id"]]

    letter = email.message.EmailMessage()
    letter["To"], letter["Subject"] = "bob@example.org", "Grüße"
    letter.set_content("Hällo\n")
    raw = base64.urlsafe_b64encode(letter.as_bytes()).decode()
    sent = users.messages().send(userId="me", body={"raw": raw}).execute()
    assert sent["labelIds"] == ["SENT"]
    back = users.messages().get(userId="me", id=sent["id"]).execute()
    subject = [h["value"] for h in back["payload"]["headers"] if h["name"] == "Subject"]
    assert subject == ["Grüße"], subject

    for wrong, status in (("0000000000000001", 404), ("no-id", 400)):
        try:
            users.messages().get(userId="me", id=wrong).execute()
        except HttpError as error:
            assert error.resp.status == status, error
        else:
            raise AssertionError(f"{wrong} was found")


def main():
    process, values = serve(sys.argv[1])
    try:
        check(client(values))
    finally:
        process.kill()
    print("Google's client listed, batched, read, labelled and sent through the sandbox")


main()
