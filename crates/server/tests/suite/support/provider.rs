//! A small OpenID Connect provider on loopback, whose faults a test chooses.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use portcullis_core::{
    clock::Timestamp,
    token::{self, new_private_key},
};
use serde_json::{Value, json};

use super::TestApp;

/// Client of the server at the provider.
pub const CLIENT: &str = "our-client";
pub const CLIENT_SECRET: &str = "our-client-secret";
/// Client of an application.
pub const NATIVE: &str = "our-application";

/// What the provider does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Answers 503.
    Away,
    /// Answers with more than is read.
    Huge,
    /// Redirects to another address of itself.
    Redirects,
}

struct Grant {
    claims: Value,
    challenge: String,
    redirect_uri: String,
}

struct Shared {
    issuer: String,
    kid: String,
    private: EncodingKey,
    public: Value,
    document: Value,
    userinfo: Value,
    fault: Fault,
    grants: HashMap<String, Grant>,
    asked: Vec<String>,
    now: Timestamp,
}

/// The provider, for as long as the test runs.
#[derive(Clone)]
pub struct Provider(Arc<Mutex<Shared>>);

impl Provider {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let document = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"), "userinfo_endpoint": format!("{issuer}/userinfo"),
            "jwks_uri": format!("{issuer}/jwks"), "authorization_response_iss_parameter_supported": true,
        });
        let (private, public) = new_key("one");
        let shared = Shared {
            issuer,
            kid: "one".to_owned(),
            private,
            public,
            document,
            userinfo: json!({}),
            fault: Fault::None,
            grants: HashMap::new(),
            asked: Vec::new(),
            now: super::BEGIN,
        };
        let provider = Self(Arc::new(Mutex::new(shared)));
        let router = Router::new().fallback(any(answer)).with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        provider
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap()
    }

    pub fn issuer(&self) -> String {
        self.shared().issuer.clone()
    }

    /// Returns the settings of a provider of this name.
    pub fn settings(&self, name: &str) -> Vec<(String, String)> {
        let name = |end: &str| format!("SOCIAL_{name}_{end}");
        vec![
            (name("ISSUER"), self.issuer()),
            (name("CLIENT_ID"), CLIENT.to_owned()),
            (name("CLIENT_SECRET"), CLIENT_SECRET.to_owned()),
            (name("NATIVE_CLIENT_IDS"), NATIVE.to_owned()),
        ]
    }

    pub fn set_fault(&self, fault: Fault) {
        self.shared().fault = fault;
    }

    /// Replaces a member of the metadata.
    pub fn set_document(&self, name: &str, value: Value) {
        self.shared().document[name] = value;
    }

    pub fn set_userinfo(&self, claims: Value) {
        self.shared().userinfo = claims;
    }

    /// Signs with a new key, and forgets the one before.
    pub fn rotate(&self, kid: &str) {
        let (private, public) = new_key(kid);
        let mut shared = self.shared();
        (shared.kid, shared.private, shared.public) = (kid.to_owned(), private, public);
    }

    /// Returns the paths that were asked for since the last call.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.shared().asked)
    }

    /// Signs an ID token with these claims beside the usual ones; a null removes one.
    pub fn id_token(&self, app: &TestApp, more: Value) -> String {
        self.shared().now = now(app);
        self.signed(more)
    }

    fn signed(&self, more: Value) -> String {
        let shared = self.shared();
        let mut claims = json!({
            "iss": shared.issuer, "aud": CLIENT, "sub": "248289761001",
            "iat": shared.now.secs(), "exp": shared.now.secs() + 600,
        });
        for (name, value) in more.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        let header = Header { kid: Some(shared.kid.clone()), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, &claims, &shared.private).unwrap()
    }

    /// Lets a user with these claims in: reads the request that the browser was sent with, and returns the parameters of the callback.
    pub fn let_in(&self, app: &TestApp, location: &str, claims: Value) -> BTreeMap<String, String> {
        let url = reqwest::Url::parse(location).unwrap();
        let asked: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], CLIENT);
        assert_eq!(asked["code_challenge_method"], "S256");
        let code = format!("code-{}", asked["state"]);
        let mut shared = self.shared();
        shared.now = now(app);
        let mut granted = json!({"nonce": asked["nonce"]});
        granted.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        let grant = Grant {
            claims: granted,
            challenge: asked["code_challenge"].clone(),
            redirect_uri: asked["redirect_uri"].clone(),
        };
        shared.grants.insert(code.clone(), grant);
        let answer = [("code", code), ("state", asked["state"].clone()), ("iss", shared.issuer.clone())];
        answer.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn token(&self, headers: &HeaderMap, body: &[u8]) -> Response {
        let form: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
        let basic = BASE64.encode(format!("{CLIENT}:{CLIENT_SECRET}").as_bytes());
        let authorized = headers.get(header::AUTHORIZATION).is_some_and(|given| given == &format!("Basic {basic}"));
        let in_body = form.get("client_secret").is_some_and(|secret| secret == CLIENT_SECRET);
        let grant = self.shared().grants.remove(form.get("code").map_or("", String::as_str));
        let verifier = form.get("code_verifier").map_or("", String::as_str);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
        let is_right = |grant: &Grant| {
            grant.challenge == BASE64URL_NOPAD.encode(digest.as_ref())
                && form.get("redirect_uri") == Some(&grant.redirect_uri)
        };
        match grant.filter(is_right).filter(|_| authorized || in_body) {
            Some(grant) => {
                let id_token = self.signed(grant.claims);
                let answer =
                    json!({"access_token": "foreign-access-token", "token_type": "Bearer", "id_token": id_token});
                json_answer(&answer)
            }
            None => (StatusCode::BAD_REQUEST, r#"{"error":"invalid_grant"}"#).into_response(),
        }
    }
}

fn now(app: &TestApp) -> Timestamp {
    use portcullis_core::clock::Clock as _;
    app.clock.now()
}

fn new_key(kid: &str) -> (EncodingKey, Value) {
    let private = EncodingKey::from_ec_der(&new_private_key(token::Algorithm::Es256).unwrap());
    let mut public = Jwk::from_encoding_key(&private, Algorithm::ES256).unwrap();
    public.common.key_id = Some(kid.to_owned());
    (private, serde_json::to_value(public).unwrap())
}

fn json_answer(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

async fn answer(State(provider): State<Provider>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 64 * 1024).await.unwrap();
    let path = parts.uri.path().to_owned();
    let fault = {
        let mut shared = provider.shared();
        shared.asked.push(path.clone());
        shared.fault
    };
    match fault {
        Fault::None => {}
        Fault::Away => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Fault::Huge => return " ".repeat(300 * 1024).into_response(),
        Fault::Redirects => return (StatusCode::FOUND, [(header::LOCATION, "/elsewhere")]).into_response(),
    }
    match path.as_str() {
        "/.well-known/openid-configuration" => json_answer(&provider.shared().document),
        "/jwks" => json_answer(&json!({"keys": [provider.shared().public]})),
        "/userinfo" => json_answer(&provider.shared().userinfo),
        "/token" => provider.token(&parts.headers, &body),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
