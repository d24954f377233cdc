"""Why Portcullis treats a request differently from the framework of the original service."""

TWICE = "Repeated parameters are rejected, because a proxy or filter in front may use the other value."
VALUES = "The framework only checks that it is a string. Portcullis validates the value and reports the field."
MORE = "Also accepted."
HEAD = "Also accepted. HEAD changes nothing."

REASONS = {
    "create, no content type": "A page of another origin could send it without the browser asking first (CORS preflight).",
    "create, UTF-16": "JSON between systems is UTF-8 (RFC 8259 §8.1).",
    "create, name twice": TWICE,
    "create, name empty": VALUES,
    "create, phone in words": VALUES,
    "create, country in words": VALUES,
    "create, short password": "Password rules: `PASSWORD_MIN_LENGTH`.",
    "create, is_email_verified in words": "Only the emailed link verifies an address; the member is ignored.",
    "create, NaN as a further member": "NaN is not JSON (RFC 8259 §6).",
    "create, %2F in the path": "An encoded slash does not separate segments (RFC 3986 §2.2); rules of a proxy could be evaded by it.",
    "login, grant_type empty": "Also accepted; the field is ignored.",
    "login, another grant_type": "Also accepted; the field is ignored.",
    "login, JSON": MORE,
    "login, address twice": TWICE,
    "login, further field twice": TWICE,
    "login, password empty": "An empty password is a wrong password. The stub does not check passwords.",
    "login, bytes that are not UTF-8": "Invalid bytes are rejected. The framework replaces them.",
    "login, fields separated by semicolons": "Only `&` separates fields (URL Standard §5.1); a password may contain `;`.",
    "verify, HEAD": HEAD,
    "verify, token twice": TWICE,
    "verify, wrong token": "The failure page has an error status. The original service responded with 200.",
    "reset_password, short password": "Password rules: `PASSWORD_MIN_LENGTH`. The form is shown again.",
    "forget_password, address twice": TWICE,
    "forget_password, no address": VALUES,
    "forget_password, empty": VALUES,
    "user, without an id": "Also accepted; the token identifies the user.",
    "user, another id": "Users read only their own record.",
    "user, HEAD": HEAD,
    "otp_phone, JSON": MORE,
}
