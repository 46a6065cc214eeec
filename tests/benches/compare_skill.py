"""One operation of the Python skill, in one process: compare_skill.py TOOL [JSON]. Without a tool it only starts."""

import json
import os
import sys

from mcs.auth.auth0 import Auth0Provider
from mcs.auth.challenge import AuthChallenge
from mcs.auth.linkauth import LinkAuthConnector
from mcs.auth.static import StaticProvider
from mcs.driver.mail import MailToolDriver

ENV = os.environ


def credential() -> object:
    """An access token if there is one, as after a sign-in; else the way to a sign-in."""
    if "ACCESS_TOKEN" in ENV:
        return StaticProvider({"gmail": ENV["ACCESS_TOKEN"]})
    broker = LinkAuthConnector(
        broker_url=ENV["MCS_GMAIL_LINKAUTH_BROKER_URL"],
        template="auth0",
        oauth_provider="auth0",
        oauth_scopes=["openid", "profile", "email", "offline_access"],
        api_key=ENV.get("MCS_GMAIL_LINKAUTH_API_KEY"),
        token_field="refresh_token",
    )
    return Auth0Provider(
        domain=ENV["MCS_GMAIL_AUTH0_DOMAIN"],
        client_id=ENV["MCS_GMAIL_AUTH0_CLIENT_ID"],
        client_secret=ENV["MCS_GMAIL_AUTH0_CLIENT_SECRET"],
        _auth=broker,
    )


def main() -> None:
    if len(sys.argv) < 2:
        return
    known = {"_credential": credential()}
    driver = MailToolDriver(read_adapter="gmail", send_adapter="gmail", read_kwargs=known, send_kwargs=known)
    for arguments in sys.argv[2:] or ["{}"]:
        try:
            print(driver.execute_tool(sys.argv[1], json.loads(arguments)))
        except AuthChallenge as challenge:
            print(challenge)
            sys.exit(4)


main()
