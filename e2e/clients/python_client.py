"""The client of openapi-python-client."""

import json
import sys
import time
import urllib.parse
import urllib.request

from portcullis_client import AuthenticatedClient, Client
from portcullis_client.api.accounts import create, forget_password_by_post, login, me, verify
from portcullis_client.models import CreateAnswer, ForgottenPassword, Message, NewUser, PasswordLogin, Problem, TokenAnswer, UserAnswer

BASE, REALM = sys.argv[1], "Shop"
EMAIL, PASSWORD = "john+news@example.com", "violet-teapot-hammer"
JSON = {"accept": "application/json"}
client = Client(base_url=BASE, headers=JSON)


def new_user(email: str) -> NewUser:
    return NewUser(email=email, password=PASSWORD, first_name="John", last_name="Doe", phone="+441632960001", country_code="GB")


def mailed_token() -> str:
    for _ in range(600):
        mails = json.load(urllib.request.urlopen(f"{BASE}/dev/mailbox.json"))
        links = [link for mail in mails if mail["to"] == EMAIL for link in mail["links"] if "/verify?" in link]
        if links:
            return urllib.parse.parse_qs(urllib.parse.urlsplit(links[0]).query)["token"][0]
        time.sleep(0.05)
    raise RuntimeError("no verification mail")


created = create.sync(REALM, client=client, body=new_user(EMAIL))
assert isinstance(created, CreateAnswer) and created.email == EMAIL, created

credentials = PasswordLogin(username=EMAIL, password=PASSWORD)
early = login.sync(REALM, client=client, body=credentials)
assert isinstance(early, Problem) and early.code == "login.unverified", early

verified = verify.sync_detailed(REALM, client=client, token=mailed_token())
assert verified.status_code == 200, verified

tokens = login.sync(REALM, client=client, body=credentials)
assert isinstance(tokens, TokenAnswer), tokens
who = me.sync(REALM, client=AuthenticatedClient(base_url=BASE, token=tokens.access_token, headers=JSON))
assert isinstance(who, UserAnswer) and who.email == EMAIL, who

forgotten = forget_password_by_post.sync(REALM, client=client, body=ForgottenPassword(email=EMAIL))
assert isinstance(forgotten, Message), forgotten

refused = create.sync(REALM, client=client, body=new_user("nobody"))
assert isinstance(refused, Problem) and refused.status == 422, refused
