//! A small OpenID Connect provider on loopback, which can simulate faults. It also simulates GitHub and Discord.

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
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, jwk::Jwk};
use portcullis_core::{
    clock::Timestamp,
    token::{self, new_private_key},
};
use serde_json::{Value, json};

use super::TestApp;

/// Client ID of the server at the provider.
pub const CLIENT: &str = "our-client";
pub const CLIENT_SECRET: &str = "our-client-secret";
/// Client ID of an application.
pub const NATIVE: &str = "our-application";

/// Simulated fault of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Responds with 503.
    Away,
    /// Sends a response that is too large.
    Huge,
    /// Redirects to another of its URLs.
    Redirects,
}

struct Grant {
    claims: Value,
    challenge: String,
    redirect_uri: String,
}

struct Shared {
    issuer: String,
    kid: Option<String>,
    private: EncodingKey,
    public: Value,
    /// Keys published before its own.
    other_keys: Vec<Value>,
    document: Value,
    userinfo: Value,
    fault: Fault,
    grants: HashMap<String, Grant>,
    /// User claims by OAuth 2.0 access token.
    accounts: HashMap<String, Value>,
    /// Key that verifies secrets signed by the client.
    secret: Option<DecodingKey>,
    last_secret: String,
    asked: Vec<String>,
    now: Timestamp,
}

/// The provider, stopped at the end of the test.
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
        let (private, public) = new_key(Some("one"));
        let shared = Shared {
            issuer,
            kid: Some("one".to_owned()),
            private,
            public,
            other_keys: Vec::new(),
            document,
            userinfo: json!({}),
            fault: Fault::None,
            grants: HashMap::new(),
            accounts: HashMap::new(),
            secret: None,
            last_secret: String::new(),
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

    /// Signs with a new key, and drops the previous one.
    pub fn rotate(&self, kid: &str) {
        self.rotate_to(Some(kid));
    }

    /// Rotates to a key without an ID.
    pub fn rotate_unnamed(&self) {
        self.rotate_to(None);
    }

    fn rotate_to(&self, kid: Option<&str>) {
        let (private, public) = new_key(kid);
        let mut shared = self.shared();
        (shared.kid, shared.private, shared.public) = (kid.map(str::to_owned), private, public);
    }

    /// Publishes these keys before its own.
    pub fn set_other_keys(&self, keys: Vec<Value>) {
        self.shared().other_keys = keys;
    }

    /// Accepts secrets that the client signs with this key, like Apple.
    pub fn set_secret(&self, key: DecodingKey) {
        self.shared().secret = Some(key);
    }

    /// Returns the secret of the last code exchange.
    pub fn last_secret(&self) -> String {
        self.shared().last_secret.clone()
    }

    /// Returns the paths requested since the last call.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.shared().asked)
    }

    /// Signs an ID token with these claims in addition to the default ones. `null` removes a claim.
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
        let header = Header { kid: shared.kid.clone(), ..Header::new(Algorithm::ES256) };
        jsonwebtoken::encode(&header, &claims, &shared.private).unwrap()
    }

    /// Signs in a user with these claims. Reads the authorization request, and returns the parameters of the
    /// callback.
    pub fn let_in(&self, app: &TestApp, location: &str, claims: Value) -> BTreeMap<String, String> {
        let url = reqwest::Url::parse(location).unwrap();
        let asked: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], CLIENT);
        assert_eq!(asked["code_challenge_method"], "S256");
        let code = format!("code-{}", asked["state"]);
        let mut shared = self.shared();
        shared.now = now(app);
        let mut granted = json!({"nonce": asked.get("nonce")});
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

    fn is_secret(&self, given: &str) -> bool {
        let mut shared = self.shared();
        given.clone_into(&mut shared.last_secret);
        match &shared.secret {
            None => given == CLIENT_SECRET,
            Some(key) => {
                let mut validation = Validation::new(Algorithm::ES256);
                (validation.validate_exp, validation.validate_aud) = (false, false);
                jsonwebtoken::decode::<Value>(given, key, &validation).is_ok()
            }
        }
    }

    /// Returns the response of the GitHub or Discord API about the user of an access token.
    fn account(&self, headers: &HeaderMap, part: &str) -> Response {
        let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        match token.and_then(|token| self.shared().accounts.get(token).cloned()) {
            Some(claims) => json_answer(&claims[part]),
            None => StatusCode::UNAUTHORIZED.into_response(),
        }
    }

    fn token(&self, headers: &HeaderMap, body: &[u8], is_github: bool) -> Response {
        let form: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
        let basic = BASE64.encode(format!("{CLIENT}:{CLIENT_SECRET}").as_bytes());
        let authorized = headers.get(header::AUTHORIZATION).is_some_and(|given| given == &format!("Basic {basic}"));
        let in_body = form.get("client_secret").is_some_and(|secret| self.is_secret(secret));
        let grant = self.shared().grants.remove(form.get("code").map_or("", String::as_str));
        let verifier = form.get("code_verifier").map_or("", String::as_str);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
        let is_right = |grant: &Grant| {
            grant.challenge == BASE64URL_NOPAD.encode(digest.as_ref())
                && form.get("redirect_uri") == Some(&grant.redirect_uri)
        };
        match grant.filter(is_right).filter(|_| authorized || in_body) {
            Some(grant) => {
                if grant.claims.get("user").is_some() {
                    let token = format!("token-of-{verifier}");
                    self.shared().accounts.insert(token.clone(), grant.claims);
                    return json_answer(&json!({"access_token": token, "token_type": "bearer", "scope": "user"}));
                }
                let id_token = self.signed(grant.claims);
                let answer =
                    json!({"access_token": "foreign-access-token", "token_type": "Bearer", "id_token": id_token});
                json_answer(&answer)
            }
            None if is_github => json_answer(&json!({"error": "bad_verification_code"})),
            None => (StatusCode::BAD_REQUEST, r#"{"error":"invalid_grant"}"#).into_response(),
        }
    }
}

fn now(app: &TestApp) -> Timestamp {
    use portcullis_core::clock::Clock as _;
    app.clock.now()
}

fn new_key(kid: Option<&str>) -> (EncodingKey, Value) {
    let private = EncodingKey::from_ec_der(&new_private_key(token::Algorithm::Es256).unwrap());
    let mut public = Jwk::from_encoding_key(&private, Algorithm::ES256).unwrap();
    public.common.key_id = kid.map(str::to_owned);
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
        "/login/oauth/access_token" => provider.token(&parts.headers, &body, true),
        "/api/oauth2/token" => provider.token(&parts.headers, &body, false),
        "/api/v3/user" | "/api/users/@me" => provider.account(&parts.headers, "user"),
        "/api/v3/user/emails" => provider.account(&parts.headers, "emails"),
        path if path.ends_with("/.well-known/openid-configuration") => json_answer(&provider.shared().document),
        "/jwks" => {
            let shared = provider.shared();
            let keys: Vec<&Value> = shared.other_keys.iter().chain([&shared.public]).collect();
            json_answer(&json!({"keys": keys}))
        }
        "/userinfo" => json_answer(&provider.shared().userinfo),
        "/token" => provider.token(&parts.headers, &body, false),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
