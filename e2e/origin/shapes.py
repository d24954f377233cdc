"""Requests in the formats that clients send, as bytes."""

import gzip
import json
from dataclasses import dataclass
from typing import Callable

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
PASSWORD = "violet-teapot-hammer"


@dataclass
class Account:
    """Server state required for valid requests."""

    id: str
    email: str
    access_token: str
    fresh: Callable[[], str]  # An address without an account.
    link: Callable[[str], str]  # The token of a new link of this kind.
    code: Callable[[], tuple[str, str]]  # A new handle and its code.


def request(method, path, kind=None, body=b"", headers=(), version="1.1", chunked=False):
    body = body.encode() if isinstance(body, str) else body
    lines = [f"{method} {path} HTTP/{version}", "Host: localhost", "Connection: close", *headers]
    if kind is not None:
        lines.append(f"Content-Type: {kind}")
    if chunked:
        lines.append("Transfer-Encoding: chunked")
        body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    elif body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def user(account, **changes):
    fields = dict(
        first_name="John", last_name="Doe", email=account.fresh(), phone="+1234567890", country_code="US", password=PASSWORD
    )
    return fields | changes


def multipart(*fields):
    parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields]
    return "".join(parts) + "--b--\r\n"


SHAPES: dict[str, Callable[[Account], bytes]] = {}


def shape(name):
    def add(make):
        assert name not in SHAPES, name
        SHAPES[name] = make

    return add


def create(name, kind=JSON, path="/User1/create", encode=json.dumps, method="POST", **more):
    shape(name)(lambda account: request(method, path, kind, encode(user(account)), **more))


def login(name, make, kind=FORM, path="/User1/login", **more):
    shape(name)(lambda account: request("POST", path, kind, make(account), **more))


def get(name, make, method="GET", auth=True, headers=None, **more):
    def build(account):
        mine = headers(account) if headers else [f"Authorization: Bearer {account.access_token}"] if auth else []
        return request(method, make(account), headers=mine, **more)

    shape(name)(build)


# create
create("create")
create("create, charset=utf-8", "application/json; charset=utf-8")
create("create, charset=latin-1", "application/json;charset=latin-1")
create("create, type in capitals", "APPLICATION/JSON")
create("create, application/vnd.x+json", "application/vnd.x+json")
create("create, application/ld+json with a profile", 'application/ld+json; profile="x"')
create("create, text/json", "text/json")
create("create, JSON as text/plain", "text/plain")
create("create, JSON as a form", FORM)
create("create, no content type", None)
create("create, byte order mark", encode=lambda fields: "\ufeff" + json.dumps(fields))
create("create, UTF-16", "application/json; charset=utf-16", encode=lambda fields: json.dumps(fields).encode("utf-16"))
create("create, white space around", encode=lambda fields: f"\r\n\t {json.dumps(fields)} \n")
create("create, characters as escapes", encode=lambda fields: json.dumps(fields | {"first_name": "Jörg"}))
create("create, characters as UTF-8", encode=lambda fields: json.dumps(fields | {"first_name": "Jörg"}, ensure_ascii=False))
create("create, characters as Latin-1", encode=lambda fields: json.dumps(fields | {"last_name": "Jörg"}, ensure_ascii=False).encode("latin-1"))
create("create, name twice", encode=lambda fields: json.dumps(fields).replace("{", '{"password": "another-good-phrase", ', 1))
create("create, further members", encode=lambda fields: json.dumps(fields | {"age": 7, "tags": [{"a": None}]}))
create("create, number as password", encode=lambda fields: json.dumps(fields | {"password": 1234567890123}))
create("create, number as name", encode=lambda fields: json.dumps(fields | {"first_name": 7}))
create("create, true as name", encode=lambda fields: json.dumps(fields | {"last_name": True}))
create("create, number as phone", encode=lambda fields: json.dumps(fields | {"phone": 441632960001}))
create("create, address in capitals with spaces", encode=lambda fields: json.dumps(fields | {"email": f' {fields["email"].upper()} '}))
create("create, no address", encode=lambda fields: json.dumps(fields | {"email": "nobody"}))
create("create, without an address", encode=lambda fields: json.dumps({name: value for name, value in fields.items() if name != "email"}))
create("create, name empty", encode=lambda fields: json.dumps(fields | {"first_name": ""}))
create("create, phone in words", encode=lambda fields: json.dumps(fields | {"phone": "none"}))
create("create, country in words", encode=lambda fields: json.dumps(fields | {"country_code": "nowhere"}))
create("create, short password", encode=lambda fields: json.dumps(fields | {"password": "abc"}))
create("create, is_email_verified in words", encode=lambda fields: json.dumps(fields | {"is_email_verified": "perhaps"}))
create("create, empty body", encode=lambda _: b"")
create("create, {}", encode=lambda _: "{}")
create("create, a list", encode=lambda fields: json.dumps([fields]))
create("create, comma at the end", encode=lambda fields: json.dumps(fields)[:-1] + ",}")
create("create, NaN as a further member", encode=lambda fields: json.dumps(fields | {"age": float("nan")}))
create("create, multipart", MULTIPART, encode=lambda fields: multipart(*fields.items()))
create("create, gzip", headers=["Content-Encoding: gzip"], encode=lambda fields: gzip.compress(json.dumps(fields).encode()))
create("create, Content-Encoding: identity", headers=["Content-Encoding: identity"])
create("create, chunked", chunked=True)
create("create, Expect: 100-continue", headers=["Expect: 100-continue"])
create("create, HTTP/1.0", version="1.0")
create("create, slash at the end", path="/User1/create/")
create("create, two slashes", path="/User1//create")
create("create, %31 in the path", path="/User%31/create")
create("create, letters encoded in the path", path="/User1/%63reat%65")
create("create, %2F in the path", path="/User1%2Fcreate")
create("create, path in capitals", path="/USER1/create")
create("create, further query", path="/User1/create?next=/home&next=/")
create("create, PUT", method="PUT")
create("create, absolute target", path="http://localhost/User1/create")

# login
def form(account, **changes):
    fields = {"username": account.email, "password": PASSWORD} | changes
    return "&".join(f"{name}={value}" for name, value in fields.items())


login("login", form)
login("login, charset", form, "application/x-www-form-urlencoded; charset=UTF-8")
login("login, type in capitals", form, "Application/X-WWW-Form-Urlencoded")
login("login, grant_type=password", lambda a: form(a, grant_type="password"))
login("login, grant_type empty", lambda a: form(a, grant_type=""))
login("login, another grant_type", lambda a: form(a, grant_type="authorization_code"))
login("login, all fields of the grant", lambda a: form(a, grant_type="password", scope="a+b", client_id="x", client_secret="y"))
login("login, further fields", lambda a: form(a, remember="on"))
login("login, address encoded", lambda a: form(a, username=a.email.replace("@", "%40").replace(".", "%2E")))
login("login, address in capitals", lambda a: form(a, username=a.email.upper()))
login("login, multipart", lambda a: multipart(("username", a.email), ("password", PASSWORD)), MULTIPART)
login("login, multipart, boundary in quotes", lambda a: multipart(("username", a.email), ("password", PASSWORD)), 'multipart/form-data; boundary="b"')
login("login, multipart without a boundary", lambda a: multipart(("username", a.email), ("password", PASSWORD)), "multipart/form-data")
login("login, multipart, password as a file", lambda a: multipart(("username", a.email), ('password"; filename="p', PASSWORD)), MULTIPART)
login("login, JSON", lambda a: json.dumps({"username": a.email, "password": PASSWORD}), JSON)
login("login, form as text/plain", form, "text/plain")
login("login, no content type", form, None)
login("login, address twice", lambda a: form(a) + f"&username={a.email}")
login("login, further field twice", lambda a: form(a) + "&x=1&x=2")
login("login, password empty", lambda a: form(a, password=""))
login("login, without a password", lambda a: f"username={a.email}")
login("login, bytes that are not UTF-8", lambda a: form(a) + "&x=%FF")
login("login, fields separated by semicolons", lambda a: form(a).replace("&", ";"))
login("login, ampersands around", lambda a: f"&&{form(a)}&&")
login("login, fields in the query", lambda a: b"", path="/User1/login?username=a@example.com&password=x")
login("login, slash at the end", form, path="/User1/login/")
login("login, chunked", form, chunked=True)

# links
get("verify", lambda a: f"/User1/verify?token={a.link('verify')}", auth=False)
get("verify, HEAD", lambda a: f"/User1/verify?token={a.link('verify')}", "HEAD", auth=False)
get("verify, further parameters, one twice", lambda a: f"/User1/verify?utm=a&token={a.link('verify')}&utm=b", auth=False)
get("verify, further parameter that is not UTF-8", lambda a: f"/User1/verify?token={a.link('verify')}&x=%FF", auth=False)
get("verify, slash at the end", lambda a: f"/User1/verify/?token={a.link('verify')}", auth=False)
get("verify, token twice", lambda a: f"/User1/verify?token={a.link('verify')}&token=x", auth=False)
get("verify, wrong token", lambda a: "/User1/verify?token=x", auth=False)
get("verify, without a token", lambda a: "/User1/verify", auth=False)
get("reset_password_form", lambda a: f"/User1/reset_password_form?token={a.link('reset_password_form')}", auth=False)


def reset(name, kind, make, query="", path="/User1/reset_password"):
    shape(name)(lambda a: request("POST", f"{path}?token={a.link('reset_password_form')}{query}", kind, make))


reset("reset_password", FORM, f"password={PASSWORD}")
reset("reset_password, multipart", MULTIPART, multipart(("password", PASSWORD)))
reset("reset_password, JSON", JSON, json.dumps({"password": PASSWORD}))
reset("reset_password, slash at the end", FORM, f"password={PASSWORD}", path="/User1/reset_password/")
reset("reset_password, short password", FORM, "password=abc")
reset("reset_password, password in the query", FORM, "", f"&password={PASSWORD}")

# forget_password
get("forget_password", lambda a: f"/User1/forget_password?email={a.email}", auth=False)
get("forget_password, plus", lambda a: "/User1/forget_password?email=a+tag@example.com", auth=False)
get("forget_password, %2B", lambda a: "/User1/forget_password?email=a%2Btag%40example.com", auth=False)
get("forget_password, address twice", lambda a: f"/User1/forget_password?email={a.email}&email={a.email}", auth=False)
get("forget_password, further parameter", lambda a: f"/User1/forget_password?email={a.email}&lang=en", auth=False)
get("forget_password, no address", lambda a: "/User1/forget_password?email=nobody", auth=False)
get("forget_password, empty", lambda a: "/User1/forget_password?email=", auth=False)
get("forget_password, missing", lambda a: "/User1/forget_password", auth=False)
get("forget_password, POST", lambda a: f"/User1/forget_password?email={a.email}", "POST", auth=False)

# the user
get("user", lambda a: f"/User1/?id={a.id}")
get("user, no slash", lambda a: f"/User1?id={a.id}")
get("user, without an id", lambda a: "/User1/")
get("user, another id", lambda a: "/User1/?id=x")
get("user, scheme in small letters", lambda a: f"/User1/?id={a.id}", headers=lambda a: [f"Authorization: bearer {a.access_token}"])
get("user, two spaces before the token", lambda a: f"/User1/?id={a.id}", headers=lambda a: [f"Authorization: Bearer  {a.access_token}"])
get("user, Basic", lambda a: f"/User1/?id={a.id}", headers=lambda a: ["Authorization: Basic YTpi"])
get("user, token in the query", lambda a: f"/User1/?id={a.id}&access_token={a.access_token}", auth=False)
get("user, no token", lambda a: f"/User1/?id={a.id}", auth=False)
get("user, HEAD", lambda a: f"/User1/?id={a.id}", "HEAD")
get("user, OPTIONS", lambda a: f"/User1/?id={a.id}", "OPTIONS")
get("user, a body with GET", lambda a: f"/User1/?id={a.id}", kind=JSON, body="{}")
get("user, cookies that are not ASCII", lambda a: f"/User1/?id={a.id}", headers=lambda a: [f"Authorization: Bearer {a.access_token}", "Cookie: lang=fran\u00e7ais"])
get("delete, without an address", lambda a: f"/User1/delete?id={a.id}", "DELETE")
get("delete, by POST", lambda a: f"/User1/delete?id={a.id}&email={a.email}", "POST")
get("logout, no token", lambda a: "/User1/logout", auth=False)

# phone
PHONE = "%2B441632960001"
get("otp_phone", lambda a: f"/User1/otp_phone?id={a.id}&phone={PHONE}", "POST", auth=False)
get("otp_phone, plus", lambda a: f"/User1/otp_phone?id={a.id}&phone=+441632960001", "POST", auth=False)
get("otp_phone, and an empty object", lambda a: f"/User1/otp_phone?id={a.id}&phone={PHONE}", "POST", auth=False, kind=JSON, body="{}")
get("otp_phone, and null", lambda a: f"/User1/otp_phone?id={a.id}&phone={PHONE}", "POST", auth=False, kind=JSON, body="null")
get("otp_phone, and a form", lambda a: f"/User1/otp_phone?id={a.id}&phone={PHONE}", "POST", auth=False, kind=FORM, body="x=1")
get("otp_phone, JSON", lambda a: "/User1/otp_phone", "POST", auth=False, kind=JSON, body='{"id": "x", "phone": "+441632960001"}')
get("otp_phone, without a phone", lambda a: f"/User1/otp_phone?id={a.id}", "POST", auth=False)
get("verify_otp_phone", lambda a: "/User1/verify_otp_phone?token=%s&otp=%s" % a.code(), auth=False)
get("verify_otp_phone, digits encoded", lambda a: "/User1/verify_otp_phone?token=%s&otp=%s" % (lambda handle, code: (handle, "".join(f"%{ord(digit):02x}" for digit in code)))(*a.code()), auth=False)
get("verify_otp_phone, letters", lambda a: "/User1/verify_otp_phone?token=%s&otp=abcdef" % a.code()[0], auth=False)
get("verify_otp_phone, without a code", lambda a: "/User1/verify_otp_phone?token=x", auth=False)

# documentation
get("docs", lambda a: "/docs", auth=False)
get("docs, slash at the end", lambda a: "/docs/", auth=False)
get("openapi.json", lambda a: "/openapi.json", auth=False)
get("a path that does not exist", lambda a: "/User1/nothing", auth=False)
