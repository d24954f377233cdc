//! Upper bounds for reads: minimal servers in separate processes.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header::AUTHORIZATION},
    routing::get,
    serve::ListenerExt,
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::Jwk};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

const FLAG: &str = "--ceiling";

/// Task of a minimal server.
pub(crate) enum Role {
    /// Returns a greeting.
    Hello,
    /// Verifies a token with this key, which is a secret or a public JWK, and returns this user.
    Verify { key: String, user: String },
}

impl Role {
    /// Returns the role of this process, if it was started as a minimal server.
    pub(crate) fn read(args: &[String]) -> Option<Self> {
        match args {
            [flag] if flag == FLAG => Some(Self::Hello),
            [flag, key, user] if flag == FLAG => Some(Self::Verify { key: key.clone(), user: user.clone() }),
            _ => None,
        }
    }
}

/// A minimal server, stopped on drop.
pub(crate) struct Ceiling {
    child: Child,
    pub(crate) port: u16,
}

impl Ceiling {
    pub(crate) fn start(role: Role) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(FLAG).stdin(Stdio::null()).stdout(Stdio::piped());
        if let Role::Verify { key, user } = role {
            command.args([key, user]);
        }
        let mut child = command.spawn().unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Self { child, port: port.trim().parse().unwrap() }
    }

    /// Returns the process ID.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Ceiling {
    fn drop(&mut self) {
        // It has no state to clean up.
        let _gone = self.child.kill().and_then(|()| self.child.wait());
    }
}

/// Serves requests, and writes its port to standard output.
pub(crate) fn serve(role: Role) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap().port());
        let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap());
        axum::serve(listener, router(role)).await.unwrap();
    });
}

fn router(role: Role) -> Router {
    match role {
        Role::Hello => Router::new().route("/", get(async || Json(Hello { message: "Hello" }))),
        Role::Verify { key, user } => {
            let (algorithm, key) = match serde_json::from_str::<Jwk>(&key) {
                Ok(public) => (Algorithm::ES256, DecodingKey::from_jwk(&public).unwrap()),
                Err(_) => (Algorithm::HS256, DecodingKey::from_secret(key.as_bytes())),
            };
            let state =
                Known { key, validation: Validation::new(algorithm), user: serde_json::from_str(&user).unwrap() };
            Router::new().route("/", get(verify)).with_state(Arc::new(state))
        }
    }
}

#[derive(Serialize)]
struct Hello {
    message: &'static str,
}

struct Known {
    key: DecodingKey,
    validation: Validation,
    user: User,
}

/// Response of the server to `me`.
#[derive(Clone, Serialize, Deserialize)]
struct User {
    id: String,
    first_name: String,
    last_name: String,
    email: String,
    phone: String,
    country_code: String,
    country: String,
    locale: Option<String>,
    attributes: serde_json::Map<String, serde_json::Value>,
    is_email_verified: bool,
    is_phone_verified: bool,
    pending_email: Option<String>,
    password_set_at: String,
    created_at: String,
    revision: u64,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

async fn verify(State(known): State<Arc<Known>>, headers: HeaderMap) -> Result<Json<User>, StatusCode> {
    let header = headers.get(AUTHORIZATION).and_then(|header| header.to_str().ok());
    let token = header.and_then(|header| header.strip_prefix("Bearer ")).ok_or(StatusCode::UNAUTHORIZED)?;
    let token = jsonwebtoken::decode::<Claims>(token, &known.key, &known.validation);
    let claims = token.map_err(|_| StatusCode::UNAUTHORIZED)?.claims;
    if claims.sub.is_empty() { Err(StatusCode::NOT_FOUND) } else { Ok(Json(known.user.clone())) }
}
