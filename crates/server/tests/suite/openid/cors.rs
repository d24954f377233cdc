//! Pages of applications may ask for tokens from their own origin.

use reqwest::{Method, header::HeaderMap};

use super::{CLIENTS, app};
use crate::support::TestApp;

const ALLOWED: &str = "access-control-allow-origin";

async fn preflight(app: &TestApp, path: &str, origin: &str) -> HeaderMap {
    let request = app.request(Method::OPTIONS, path).header("Origin", origin);
    let request = request.header("Access-Control-Request-Method", "POST");
    request.header("Access-Control-Request-Headers", "authorization").send().await.unwrap().headers().clone()
}

#[tokio::test]
async fn the_origins_of_redirect_uris_may_ask_for_tokens_without_credentials() {
    let app = app().await;
    for path in ["/User1/token", "/User1/userinfo", "/User1/revoke"] {
        for origin in
            ["https://site.example.com", "https://shop.example.com", "http://127.0.0.1", "http://127.0.0.1:51234"]
        {
            let headers = preflight(&app, path, origin).await;
            assert_eq!(headers[ALLOWED], origin, "{path}");
            assert!(headers.get("access-control-allow-credentials").is_none());
            assert_eq!(headers["access-control-allow-headers"], "authorization");
            let asked = app.request(Method::POST, path).header("Origin", origin).send().await.unwrap();
            assert_eq!(asked.headers()[ALLOWED], origin, "also on a refusal: {path}");
            let exposed = asked.headers()["access-control-expose-headers"].to_str().unwrap().to_owned();
            assert!(exposed.contains("www-authenticate"), "{exposed}");
        }
        for origin in [
            "https://evil.example",
            "https://site.example.com.evil.example",
            "https://site.example.com:8443",
            "http://site.example.com",
            "http://127.0.0.1:evil",
            "http://127.0.0.1.evil.example",
            "com.example.native://",
            "null",
        ] {
            assert!(preflight(&app, path, origin).await.get(ALLOWED).is_none(), "{path} {origin}");
        }
        let other = path.replace("User1", "User2");
        assert!(preflight(&app, &other, "https://site.example.com").await.get(ALLOWED).is_none(), "another realm");
    }
    for path in ["/User1/me", "/User1/login", "/User1/introspect", "/User1/authorize"] {
        assert!(preflight(&app, path, "https://site.example.com").await.get(ALLOWED).is_none(), "{path}");
    }
    assert!(CLIENTS.contains("http://127.0.0.1/callback"));
}
