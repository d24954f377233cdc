//! Every documented route is tested with every kind of token, and must reject the kinds that it does not accept. The
//! routes are taken from the OpenAPI document, so that a new route fails until it has a row.

use std::{collections::BTreeMap, time::Duration};

use portcullis_core::id::UserId;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

use crate::{
    pages::Browser,
    support::{Person, Protected, TestApp, complete, json},
};

/// Kinds of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Access,
    /// Token of an impersonation session.
    ImpersonatedAccess,
    ExpiredAccess,
    EndedAccess,
    OtherRealmAccess,
    Refresh,
    EndedRefresh,
    OtherRealmRefresh,
    VerificationLink,
    UndoLink,
    ResetLink,
    OtpHandle,
    Device,
    LoginTicket,
    StepUpTicket,
    /// Ticket of an account that must add a factor first.
    EnrolmentTicket,
    Enrolment,
    /// Cookie value of a signed-in browser.
    BrowserCookie,
    /// Access token of an OpenID Connect client.
    ClientAccess,
    ClientRefresh,
    IdToken,
    AuthorizationCode,
}

/// Where a route accepts a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// The route accepts no token.
    Open,
    /// The cookie of an administrator or the header of an API key. No token of a user.
    Admin,
    /// The `Authorization: Bearer` header.
    Bearer,
    /// The `token` query parameter.
    Query,
    /// The member with this name in a body, or in the query for GET.
    Field(&'static str),
    /// The member with this name in a JSON body.
    Member(&'static str),
}

/// How a route rejects a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Status(u16),
    /// 200, and the token is reported as inactive.
    Inactive,
    /// 200, and nothing has changed.
    Nothing,
}

use Door::{Admin, Bearer, Field, Member, Open, Query};
use Kind::{Access, ImpersonatedAccess, OtpHandle, Refresh, ResetLink, UndoLink, VerificationLink};
use Refusal::{Inactive, Nothing, Status};

type Row = (&'static str, Door, &'static [Kind], Refusal);

const NO_TOKEN: (Door, &[Kind], Refusal) = (Open, &[], Nothing);
/// For administrators, whose credentials are tested elsewhere.
const ADMIN: (Door, &[Kind], Refusal) = (Admin, &[], Status(401));
const OWNER: (Door, &[Kind], Refusal) = (Bearer, &[Access], Status(401));
/// Also for impersonation tokens.
const VIEWER: (Door, &[Kind], Refusal) = (Bearer, &[Access, ImpersonatedAccess], Status(401));

/// For OpenID Connect clients. The server's own tokens do not have the scope.
const CLIENT: (Door, &[Kind], Refusal) = (Bearer, &[Kind::ClientAccess], Status(401));

const fn row(at: &'static str, (door, takes, refusal): (Door, &'static [Kind], Refusal)) -> Row {
    (at, door, takes, refusal)
}

/// The kinds of tokens that each route accepts.
const MATRIX: &[Row] = &[
    row("get /v1/admin/admin-keys", ADMIN),
    row("post /v1/admin/admin-keys", ADMIN),
    row("delete /v1/admin/admin-keys/{id}", ADMIN),
    row("get /v1/admin/admins", ADMIN),
    row("post /v1/admin/admins", ADMIN),
    row("delete /v1/admin/admins/{id}", ADMIN),
    row("put /v1/admin/admins/{id}/grants", ADMIN),
    row("post /v1/admin/admins/{id}/invite", ADMIN),
    row("post /v1/admin/admins/{id}/reset", ADMIN),
    row("get /v1/admin/audit", ADMIN),
    row("get /v1/admin/audit/blocks", ADMIN),
    row("get /v1/admin/audit/export", ADMIN),
    row("get /v1/admin/audit/keys", ADMIN),
    row("post /v1/admin/audit/keys/rotate", ADMIN),
    row("post /v1/admin/audit/search", ADMIN),
    row("get /v1/admin/me", ADMIN),
    row("get /v1/admin/me/events", ADMIN),
    row("delete /v1/admin/me/mfa/{id}", ADMIN),
    row("post /v1/admin/me/mfa/recovery_codes", ADMIN),
    row("post /v1/admin/me/mfa/totp", ADMIN),
    row("post /v1/admin/me/mfa/totp/confirm", ADMIN),
    row("post /v1/admin/me/password", ADMIN),
    row("delete /v1/admin/me/sessions", ADMIN),
    row("get /v1/admin/me/sessions", ADMIN),
    row("delete /v1/admin/me/sessions/{id}", ADMIN),
    row("post /v1/admin/me/step_up", ADMIN),
    row("get /v1/admin/nodes", ADMIN),
    row("get /v1/admin/outbox", ADMIN),
    row("delete /v1/admin/outbox/{id}", ADMIN),
    row("post /v1/admin/outbox/{id}/retry", ADMIN),
    row("get /v1/admin/realms", ADMIN),
    row("get /v1/admin/realms/{realm}", ADMIN),
    row("get /v1/admin/realms/{realm}/clients", ADMIN),
    row("post /v1/admin/realms/{realm}/clients", ADMIN),
    row("delete /v1/admin/realms/{realm}/clients/{id}", ADMIN),
    row("get /v1/admin/realms/{realm}/clients/{id}", ADMIN),
    row("patch /v1/admin/realms/{realm}/clients/{id}", ADMIN),
    row("post /v1/admin/realms/{realm}/clients/{id}/rotate", ADMIN),
    row("post /v1/admin/realms/{realm}/sessions/end", ADMIN),
    row("get /v1/admin/realms/{realm}/users", ADMIN),
    row("post /v1/admin/realms/{realm}/users", ADMIN),
    row("post /v1/admin/realms/{realm}/users/search", ADMIN),
    row("delete /v1/admin/realms/{realm}/users/{id}", ADMIN),
    row("get /v1/admin/realms/{realm}/users/{id}", ADMIN),
    row("patch /v1/admin/realms/{realm}/users/{id}", ADMIN),
    row("post /v1/admin/realms/{realm}/users/{id}/compromised", ADMIN),
    row("delete /v1/admin/realms/{realm}/users/{id}/factors/{fid}", ADMIN),
    row("get /v1/admin/realms/{realm}/users/{id}/grants", ADMIN),
    row("post /v1/admin/realms/{realm}/users/{id}/impersonate", ADMIN),
    row("post /v1/admin/realms/{realm}/users/{id}/invite", ADMIN),
    row("post /v1/admin/realms/{realm}/users/{id}/lock", ADMIN),
    row("post /v1/admin/realms/{realm}/users/{id}/resend", ADMIN),
    row("post /v1/admin/realms/{realm}/users/{id}/reset", ADMIN),
    row("delete /v1/admin/realms/{realm}/users/{id}/sessions", ADMIN),
    row("get /v1/admin/realms/{realm}/users/{id}/sessions", ADMIN),
    row("delete /v1/admin/realms/{realm}/users/{id}/sessions/{sid}", ADMIN),
    row("post /v1/admin/realms/{realm}/users/{id}/unlock", ADMIN),
    row("post /v1/admin/realms/{realm}/users/{id}/unthrottle", ADMIN),
    row("post /v1/admin/realms/{realm}/users/{id}/verified", ADMIN),
    row("get /v1/admin/settings", ADMIN),
    row("get /v1/admin/stats", ADMIN),
    row("get /v1/admin/signing-keys", ADMIN),
    row("delete /v1/admin/signing-keys/{kid}", ADMIN),
    row("post /v1/admin/signing-keys/rotate", ADMIN),
    row("post /v1/admin/sign_in", NO_TOKEN),
    row("post /v1/admin/sign_out", ADMIN),
    row("get /v1/admin/why/{request_id}", ADMIN),
    row("get /.well-known/jwks.json", NO_TOKEN),
    row("get /.well-known/oauth-authorization-server/{realm}", NO_TOKEN),
    row("get /.well-known/openid-configuration/{realm}", NO_TOKEN),
    row("get /.well-known/webauthn", NO_TOKEN),
    row("get /health", NO_TOKEN),
    row("get /livez", NO_TOKEN),
    row("get /openapi.json", NO_TOKEN),
    row("get /readyz", NO_TOKEN),
    row("get /v1/{realm}/.well-known/openid-configuration", NO_TOKEN),
    row("post /v1/{realm}/create", NO_TOKEN),
    row("get /v1/{realm}/forget_password", NO_TOKEN),
    row("post /v1/{realm}/forget_password", NO_TOKEN),
    row("post /v1/{realm}/login", NO_TOKEN),
    row("post /v1/{realm}/otp_phone", NO_TOKEN),
    row("post /v1/{realm}/passkeys/login", NO_TOKEN),
    row("post /v1/{realm}/signin_code/start", NO_TOKEN),
    row("post /v1/{realm}/signin_code/finish", NO_TOKEN),
    row("post /v1/{realm}/passkeys/login/options", NO_TOKEN),
    row("post /v1/{realm}/verify/resend", NO_TOKEN),
    row("get /v1/{realm}/social", NO_TOKEN),
    row("post /v1/{realm}/social/{provider}/nonce", NO_TOKEN),
    row("get /v1/{realm}", VIEWER),
    row("delete /v1/{realm}/delete", OWNER),
    row("get /v1/{realm}/logout", VIEWER),
    row("post /v1/{realm}/logout", VIEWER),
    row("get /v1/{realm}/me", VIEWER),
    row("patch /v1/{realm}/me", OWNER),
    row("delete /v1/{realm}/me", OWNER),
    row("post /v1/{realm}/me/email", OWNER),
    row("delete /v1/{realm}/me/email", OWNER),
    row("post /v1/{realm}/me/phone", OWNER),
    row("delete /v1/{realm}/me/phone", OWNER),
    row("post /v1/{realm}/me/password", OWNER),
    row("delete /v1/{realm}/me/password", OWNER),
    row("get /v1/{realm}/me/passkeys", VIEWER),
    row("post /v1/{realm}/me/passkeys", OWNER),
    row("post /v1/{realm}/me/passkeys/options", OWNER),
    row("patch /v1/{realm}/me/passkeys/{id}", OWNER),
    row("delete /v1/{realm}/me/passkeys/{id}", OWNER),
    row("get /v1/{realm}/me/identities", VIEWER),
    row("delete /v1/{realm}/me/identities/{id}", OWNER),
    row("post /v1/{realm}/me/identities/{provider}/start", OWNER),
    row("get /v1/{realm}/me/events", VIEWER),
    row("get /v1/{realm}/me/grants", VIEWER),
    row("delete /v1/{realm}/me/grants/{client}", OWNER),
    row("get /v1/{realm}/me/export", OWNER),
    row("get /v1/{realm}/me/sessions", VIEWER),
    row("delete /v1/{realm}/me/sessions", OWNER),
    row("delete /v1/{realm}/me/sessions/{id}", OWNER),
    row("post /v1/{realm}/me/step_up", OWNER),
    row("get /v1/{realm}/me/mfa", VIEWER),
    row("patch /v1/{realm}/me/mfa", OWNER),
    row("delete /v1/{realm}/me/mfa/{id}", OWNER),
    row("post /v1/{realm}/me/mfa/recovery_codes", OWNER),
    row("get /v1/{realm}/me/devices", VIEWER),
    row("delete /v1/{realm}/me/devices", OWNER),
    row("delete /v1/{realm}/me/devices/{id}", OWNER),
    row("post /v1/{realm}/me/mfa/sms", OWNER),
    row("post /v1/{realm}/mfa/challenge", (Member("mfa_token"), &[Kind::LoginTicket, Kind::StepUpTicket], Status(400))),
    row("post /v1/{realm}/me/mfa/totp", OWNER),
    row("post /v1/{realm}/me/mfa/totp/confirm", OWNER),
    row("get /v1/{realm}/verify", (Query, &[VerificationLink], Status(400))),
    row("post /v1/{realm}/verify", (Field("token"), &[VerificationLink], Status(400))),
    row("get /v1/{realm}/undo", (Query, &[UndoLink], Status(400))),
    row("post /v1/{realm}/undo", (Field("token"), &[UndoLink], Status(400))),
    row("get /v1/{realm}/reset_password_form", (Query, &[ResetLink], Status(400))),
    row("post /v1/{realm}/reset_password", (Query, &[ResetLink], Status(400))),
    row("get /v1/{realm}/verify_otp_phone", (Query, &[OtpHandle], Status(400))),
    row("post /v1/{realm}/verify_otp_phone", (Field("token"), &[OtpHandle], Status(400))),
    row("post /v1/{realm}/token", (Field("refresh_token"), &[Refresh], Status(400))),
    row("get /v1/{realm}/forward_auth", VIEWER),
    row("get /v1/{realm}/userinfo", CLIENT),
    row("post /v1/{realm}/userinfo", CLIENT),
    row(
        "post /v1/{realm}/introspect",
        (Field("token"), &[Access, ImpersonatedAccess, Refresh, Kind::ClientAccess, Kind::ClientRefresh], Inactive),
    ),
    row("post /v1/{realm}/revoke", (Field("token"), &[Access, ImpersonatedAccess, Refresh], Nothing)),
];

const SERVICE: (&str, &str) = ("shop", "the-secret-of-the-shop-is-long-enough");

/// Starts an application with all routes enabled.
async fn with_all_routes() -> TestApp {
    let services = format!("{}:{}", SERVICE.0, SERVICE.1);
    let settings = [
        ("API_CLIENTS", services.as_str()),
        ("MFA_METHODS", "totp,sms,recovery_code"),
        ("EMAIL_SIGNIN", "code"),
        ("SOCIAL_GOOGLE_CLIENT_ID", "our-client"),
        ("SOCIAL_GOOGLE_NATIVE_CLIENT_IDS", "our-application"),
    ];
    crate::openid::app_with(&settings).await
}

/// Valid tokens of each kind, each of a separate user.
struct Tokens {
    of: BTreeMap<Kind, String>,
    /// The code for the handle.
    code: String,
}

impl Tokens {
    async fn of(app: &TestApp, name: &str) -> Self {
        let john = Person::new(&format!("{name}@example.com")).join(app).await;
        let there = Person::new(&format!("{name}@example.com")).of("User2").join(app).await;
        let new = Person::new(&format!("{name}.new@example.com")).register(app).await;
        let enter =
            async |person: &Person| json(app.login(&person.realm, &person.email, &person.password).await, 200).await;
        let text = |answer: &Value, name: &str| answer[name].as_str().unwrap().to_owned();
        let link = async |email: &str, page: &str| {
            app.link(email, page).await.split_once("?token=").map(|(_, token)| token.to_owned()).unwrap()
        };

        let (live, ended, elsewhere) = (enter(&john).await, enter(&john).await, enter(&there).await);
        let sent = app.get_as(&text(&ended, "access_token"), "/User1/logout").await;
        assert_eq!(sent.status(), 200);
        let verification = (link(&new.email, "verify").await, link(&new.email, "undo").await);
        let forgot = serde_json::json!({"email": john.email});
        assert_eq!(app.post_json("/User1/forget_password", forgot).await.status(), 200);
        let phone = serde_json::json!({"id": john.id, "phone": "+1234567890"});
        let handle = json(app.post_json("/User1/otp_phone", phone).await, 200).await;
        let reset = link(&john.email, "reset_password_form").await;
        let messages = app.mails().await;
        let code = messages.iter().find_map(|message| message["code"].as_str()).unwrap().to_owned();
        let of = [
            (Access, text(&live, "access_token")),
            (ImpersonatedAccess, app.impersonate(&john).await),
            (Kind::EndedAccess, text(&ended, "access_token")),
            (Kind::OtherRealmAccess, text(&elsewhere, "access_token")),
            (Refresh, text(&live, "refresh_token")),
            (Kind::EndedRefresh, text(&ended, "refresh_token")),
            (Kind::OtherRealmRefresh, text(&elsewhere, "refresh_token")),
            (VerificationLink, verification.0),
            (UndoLink, verification.1),
            (ResetLink, reset),
            (OtpHandle, text(&handle, "handle")),
            (Kind::Device, text(&live, "device")),
            (Kind::BrowserCookie, cookie(app, &john).await),
        ];
        let mut of = BTreeMap::from(of);
        of.extend(second_factors(app, name).await);
        // Except after a restart at another address, which disables clients.
        let metadata = json(app.get("/.well-known/openid-configuration/User1").await, 200).await;
        if metadata.get("authorization_endpoint").is_some() {
            of.extend(of_client(app, &john).await);
        }
        Self { of, code }
    }
}

/// Signs in with a browser. Returns the value of its cookie.
async fn cookie(app: &TestApp, person: &Person) -> String {
    let mut browser = Browser::new(app);
    browser.sign_in(person).await;
    browser.session().unwrap().to_owned()
}

/// Returns the ticket of an account that must add a factor, and the application with optional factors again.
async fn enrolment_ticket(app: TestApp) -> (TestApp, String) {
    let app = app.restart_with(&[("MFA_POLICY", "required")]).await;
    let new = Person::new("enrols@example.com").join(&app).await;
    let refused = json(app.login("User1", &new.email, &new.password).await, 403).await;
    assert_eq!(refused["challenges"][0]["type"], "enroll");
    let ticket = refused["mfa_token"].as_str().unwrap().to_owned();
    (app.restart_with(&[("MFA_POLICY", "optional")]).await, ticket)
}

/// Returns the tokens of a client.
async fn of_client(app: &TestApp, john: &Person) -> [(Kind, String); 4] {
    let uri = "https://site.example.com/callback";
    let mut browser = Browser::signed_in(app, john).await;
    let mut code = async || {
        let shown = browser.get(&crate::openid::request("site", uri, &[])).await;
        crate::openid::answer(&shown, uri)["code"].clone()
    };
    let form = [("client_id", "site"), ("redirect_uri", uri)];
    let tokens = json(crate::openid::exchange(app, &code().await, &form).await, 200).await;
    let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
    [
        (Kind::ClientAccess, text("access_token")),
        (Kind::ClientRefresh, text("refresh_token")),
        (Kind::IdToken, text("id_token")),
        (Kind::AuthorizationCode, code().await),
    ]
}

/// Returns the tokens of second factors, which belong to a separate user.
async fn second_factors(app: &TestApp, name: &str) -> [(Kind, String); 3] {
    let two = Protected::join(app, &format!("{name}.two@example.com")).await;
    let post = async |path: &str, body: Value| {
        app.request(Method::POST, path).bearer_auth(&two.token).json(&body).send().await.unwrap()
    };
    // If the setting allows it.
    two.person.prove_phone(app).await;
    post("/User1/me/mfa/sms", serde_json::json!({})).await;
    let enrolment = json(post("/User1/me/mfa/totp", serde_json::json!({})).await, 200).await;
    app.advance(Duration::from_secs(1));
    let step_up = json(post("/User1/me/step_up", serde_json::json!({"max_age": 0})).await, 403).await;
    let text = |answer: &Value, name: &str| answer[name].as_str().unwrap().to_owned();
    [
        (Kind::LoginTicket, two.ticket(app).await),
        (Kind::StepUpTicket, text(&step_up, "mfa_token")),
        (Kind::Enrolment, text(&enrolment, "enrolment")),
    ]
}

/// Returns a path of the description with its parameters filled in.
fn filled(path: &str) -> String {
    let ids = ["{id}", "{sid}", "{fid}", "{client}"];
    ids.iter().fold(path.replace("{realm}", "User1"), |path, name| path.replace(name, "unknown"))
}

/// Creates a request to a route with a token where the route accepts one. It is complete except for the body of
/// bearer requests.
fn ask(app: &TestApp, (at, door, ..): Row, token: &str, code: &str) -> RequestBuilder {
    let (method, path) = at.split_once(' ').unwrap();
    let path = filled(path);
    let method: Method = method.to_uppercase().parse().unwrap();
    let request = app.request(method.clone(), &path).header("Accept", "application/json");
    let mut fields = vec![("otp", code), ("password", "violet-teapot-hammer"), ("grant_type", "refresh_token")];
    let request = match door {
        Open => return request,
        Admin | Bearer => return request.bearer_auth(token),
        Query => request.query(&[("token", token), ("otp", code)]),
        Member(name) => return request.json(&serde_json::json!({name: token, "type": "sms"})),
        Field(name) => {
            fields.push((name, token));
            request
        }
    };
    let request = if path.ends_with("/introspect") { request.basic_auth(SERVICE.0, Some(SERVICE.1)) } else { request };
    if method == Method::GET { request } else { request.form(&fields) }
}

async fn assert_rejected(row: Row, kind: Kind, response: Response) {
    let (at, door, _, refusal) = row;
    match refusal {
        // A token of the server's own has no scope; one in the URL is none. Where clients are off, there is no such
        // route.
        Status(_) if at.ends_with("/userinfo") => {
            assert!([401, 403, 404].contains(&response.status().as_u16()), "{at} and {kind:?}");
        }
        // A client's token requires the client's authentication. A token of another issuer is unknown.
        Nothing if at.ends_with("/revoke") && [Kind::ClientAccess, Kind::ClientRefresh].contains(&kind) => {
            assert!([200, 401].contains(&response.status().as_u16()), "{at} and {kind:?}");
        }
        Status(_) if (door, kind) == (Bearer, ImpersonatedAccess) => {
            assert_eq!(response.status(), 403, "{at} and {kind:?}");
            assert_eq!(response.json::<Value>().await.unwrap()["code"], "impersonated", "{at}");
        }
        Status(status) => assert_eq!(response.status(), status, "{at} and {kind:?}: {:?}", response.text().await),
        Inactive => {
            assert_eq!(json(response, 200).await, serde_json::json!({"active": false}), "{at} and {kind:?}");
        }
        Nothing => assert_eq!(response.status(), 200, "{at} and {kind:?}"),
    }
}

async fn assert_taken(row: Row, kind: Kind, response: Response) {
    let (at, door, _, refusal) = row;
    let status = response.status().as_u16();
    match refusal {
        // The bearer token was accepted; the rest of the request may be rejected.
        Status(refused) if door == Bearer => {
            let body: Value = response.json().await.unwrap_or_default();
            let is_rejected = [refused, 403].contains(&status) && body["code"] != "auth.stale";
            assert!(!is_rejected, "{at} and {kind:?}: {body}");
        }
        Inactive => assert_eq!(json(response, 200).await["active"], true, "{at} and {kind:?}"),
        _ => assert!([200, 202, 303].contains(&status), "{at} and {kind:?}: {status} {:?}", response.text().await),
    }
}

/// Returns every operation of the description with its row.
fn rows(document: &Value) -> Vec<(Row, &Value)> {
    let mut rows: BTreeMap<&str, Row> = MATRIX.iter().map(|row| (row.0, *row)).collect();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let at = format!("{method} {path}");
            let row = rows.remove(at.as_str());
            found.push((row.unwrap_or_else(|| panic!("say in the matrix which tokens `{at}` takes")), operation));
        }
    }
    assert!(rows.is_empty(), "these routes do not exist: {:?}", rows.keys());
    found
}

#[test]
fn every_route_has_a_row_that_agrees_with_the_description() {
    let document = portcullis::openapi(&["User1"], "");
    for ((at, door, takes, refusal), operation) in rows(&document) {
        let ways = operation["security"].as_array().unwrap();
        let is_bearer = ways.iter().any(|way| way.get("bearer").is_some());
        assert_eq!(is_bearer, door == Bearer, "{at}");
        assert_eq!(takes.is_empty(), [Open, Admin].contains(&door), "{at}");
        if let Status(status) = refusal {
            assert!(operation["responses"][status.to_string()].is_object(), "{at}: {status} is not described");
        }
    }
}

#[tokio::test]
async fn a_route_rejects_every_kind_of_token_that_it_does_not_accept() {
    let app = with_all_routes().await;
    let early = Person::new("early@example.com").join(&app).await.log_in(&app).await;
    app.advance(Duration::from_secs(1805));
    let of_client = of_client(&app, &Person::new("client@example.com").join(&app).await).await;
    let (app, ticket) = enrolment_ticket(app).await;
    let mut tokens = Tokens::of(&app, "john").await;
    tokens.of.extend(of_client);
    tokens.of.extend([(Kind::ExpiredAccess, early), (Kind::EnrolmentTicket, ticket.clone())]);
    let cookie = format!("portcullis_session_User1={}", tokens.of[&Kind::BrowserCookie]);

    let document = portcullis::openapi(&["User1"], "");
    let rows = rows(&document);
    for (row, _) in rows.iter().filter(|(row, _)| row.1 != Open) {
        for (kind, token) in tokens.of.iter().filter(|(kind, _)| !row.2.contains(kind)) {
            assert_rejected(*row, *kind, ask(&app, *row, token, "123456").send().await.unwrap()).await;
        }
        assert_rejected(*row, Kind::Device, ask(&app, *row, "junk", "123456").send().await.unwrap()).await;
        if row.1 == Bearer {
            // A token in the URL is not accepted, because URLs are logged.
            let access = &tokens.of[&Access];
            let (method, path) = row.0.split_once(' ').unwrap();
            let path = filled(path);
            let method: Method = method.to_uppercase().parse().unwrap();
            let asked = app.request(method.clone(), &path);
            let asked = asked.query(&[("access_token", access), ("token", access)]).send().await.unwrap();
            assert_rejected(*row, Access, asked).await;
            // The cookie of a browser only gives access to pages.
            let asked = app.request(method, &path).header("Cookie", &cookie).header("Sec-Fetch-Site", "same-origin");
            assert_rejected(*row, Kind::BrowserCookie, asked.send().await.unwrap()).await;
        }
    }
    // None of the rejected requests has used up or revoked anything. Each token still works.
    let begin = app.post_json("/User1/me/mfa/totp", serde_json::json!({"mfa_token": ticket})).await;
    json(begin, 200).await;
    let account = app.request(Method::GET, "/User1/account").header("Cookie", cookie);
    assert_eq!(account.send().await.unwrap().status(), 200);
    for (kind, at) in [
        (UndoLink, "get /v1/{realm}/undo"),
        (VerificationLink, "get /v1/{realm}/verify"),
        (ResetLink, "get /v1/{realm}/reset_password_form"),
        (OtpHandle, "get /v1/{realm}/verify_otp_phone"),
        (Access, "get /v1/{realm}/me"),
        (Refresh, "post /v1/{realm}/token"),
    ] {
        let (row, _) = rows.iter().find(|(row, _)| row.0 == at).unwrap();
        assert_taken(*row, kind, ask(&app, *row, &tokens.of[&kind], &tokens.code).send().await.unwrap()).await;
    }
}

#[tokio::test]
async fn in_the_place_of_a_ticket_every_other_token_is_rejected() {
    let app = crate::openid::app().await;
    let tokens = Tokens::of(&app, "john").await;
    for (kind, token) in &tokens.of {
        let is_ticket = [Kind::LoginTicket, Kind::StepUpTicket].contains(kind);
        if !is_ticket {
            let refused = json(complete(&app, token, &[("code", "123456")]).await, 400).await;
            assert_eq!(refused["error"], "invalid_grant", "{kind:?}");
        }
        // None of them is accepted as the ticket of a first factor.
        let begin = app.post_json("/User1/me/mfa/totp", serde_json::json!({"mfa_token": token})).await;
        assert_eq!(json(begin, 400).await["code"], "mfa.invalid", "{kind:?}");
        let begin = serde_json::json!({"mfa_token": token});
        let begin = app.post_json("/User1/me/passkeys/options", begin).await;
        assert_eq!(json(begin, 400).await["code"], "mfa.invalid", "{kind:?}");
        let add = serde_json::json!({"mfa_token": token, "credential": {}});
        assert_eq!(json(app.post_json("/User1/me/passkeys", add).await, 400).await["code"], "mfa.invalid", "{kind:?}");
        let confirm = serde_json::json!({"mfa_token": token, "enrolment": token, "code": "123456"});
        let confirm = app.post_json("/User1/me/mfa/totp/confirm", confirm).await;
        assert_eq!(json(confirm, 400).await["code"], "mfa.invalid", "{kind:?}");
    }
}

#[tokio::test]
async fn a_route_accepts_the_kinds_of_tokens_in_its_row() {
    let app = with_all_routes().await;
    let document = portcullis::openapi(&["User1"], "");
    let rows = rows(&document);
    let uses = rows.iter().flat_map(|(row, _)| row.2.iter().map(|kind| (*row, *kind)));
    for (number, (row, kind)) in uses.enumerate() {
        let name = format!("john{number}");
        if row.1 == Bearer && kind != Kind::ClientAccess {
            let john = Person::new(&format!("{name}@example.com")).join(&app).await;
            let access = if kind == Access { john.log_in(&app).await } else { app.impersonate(&john).await };
            assert_taken(row, kind, ask(&app, row, &access, "").send().await.unwrap()).await;
            continue;
        }
        let tokens = Tokens::of(&app, &name).await;
        assert_taken(row, kind, ask(&app, row, &tokens.of[&kind], &tokens.code).send().await.unwrap()).await;
        if row.0.ends_with("/revoke") {
            let ended = if kind == ImpersonatedAccess { kind } else { Access };
            assert_eq!(app.get_as(&tokens.of[&ended], "/User1/me").await.status(), 401, "{kind:?}");
        }
    }
}

/// Routes allowed for impersonation tokens. All others change something.
const HARMLESS: &[&str] = &[
    "get /v1/{realm}/.well-known/openid-configuration",
    "get /v1/{realm}",
    "get /v1/{realm}/logout",
    "post /v1/{realm}/logout",
    "get /v1/{realm}/me",
    "get /v1/{realm}/me/mfa",
    "get /v1/{realm}/me/devices",
    "get /v1/{realm}/me/events",
    "get /v1/{realm}/me/grants",
    "get /v1/{realm}/me/identities",
    "get /v1/{realm}/me/passkeys",
    "get /v1/{realm}/me/sessions",
    "get /v1/{realm}/social",
    "get /v1/{realm}/undo",
    "get /v1/{realm}/reset_password_form",
    "get /v1/{realm}/forward_auth",
    "get /v1/{realm}/userinfo",
    "post /v1/{realm}/userinfo",
    "post /v1/{realm}/introspect",
    "post /v1/{realm}/revoke",
];

#[tokio::test]
async fn every_route_that_changes_something_rejects_an_administrator_who_acts_for_a_user() {
    let app = with_all_routes().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = app.impersonate(&john).await;
    let before = (events(&app).await, app.count("outbox").await);
    let document = portcullis::openapi(&["User1"], "");
    for (at, operation) in rows(&document).into_iter().map(|((at, ..), operation)| (at, operation)) {
        let (method, path) = at.split_once(' ').unwrap();
        if !path.contains("/v1/{realm}") || HARMLESS.contains(&at) {
            continue;
        }
        let path = filled(path);
        let request = app.request(method.to_uppercase().parse().unwrap(), &path).bearer_auth(&token);
        let answer = request.header("Accept", "application/json").send().await.unwrap();
        assert_eq!(answer.status(), 403, "{at}");
        let answer: Value = answer.json().await.unwrap();
        let words = [&answer["code"], &answer["error"]];
        assert!(words.contains(&&Value::from("impersonated")) || path.ends_with("/token"), "{at}: {answer}");
        assert!(
            operation["security"].as_array().unwrap().is_empty() || operation["responses"]["403"].is_object(),
            "{at}"
        );
    }
    let logins =
        app.store().await.audit_rows(&portcullis_core::id::RealmName::parse("User1").unwrap(), 100).await.unwrap();
    let refusals = logins.iter().filter(|row| row.event == "impersonation_refused");
    let reasons: Vec<_> =
        refusals.map(|row| (row.actor_kind.as_str(), row.user.as_ref().map(UserId::as_str))).collect();
    assert_eq!(reasons, [("admin", Some(john.id.as_str()))], "repetitions are counted in one row");
    assert_eq!((events(&app).await, app.count("outbox").await), before, "nothing has happened");
}

/// Returns the number of events of the realm, without rejected requests of administrators.
async fn events(app: &TestApp) -> usize {
    let rows = app.audit("User1").await;
    rows.iter().filter(|row| row.event != "impersonation_refused").count()
}
