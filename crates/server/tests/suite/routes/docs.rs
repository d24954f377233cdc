//! API documentation pages, and the files of their viewers.

use std::{collections::BTreeMap, fs, path::Path};

use reqwest::{Response, header::HeaderMap};

use crate::support::{TestApp, json, problem};

const PAGES: [&str; 2] = ["/docs", "/redoc"];

/// Returns the URLs of scripts and styles in a page, and the data for its script.
fn loaded(html: &str) -> Vec<String> {
    let marks = ["src=\"", "rel=\"stylesheet\" href=\"", "data-script=\"", "data-description=\""];
    let found = marks.iter().flat_map(|mark| html.split(mark).skip(1));
    found.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())).collect()
}

fn policy(response: &Response) -> BTreeMap<String, String> {
    let policy = response.headers()["content-security-policy"].to_str().unwrap();
    let directives = policy.split(';').map(|directive| directive.trim().split_once(' ').unwrap());
    directives.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[tokio::test]
async fn a_page_of_the_documentation_loads_nothing_that_is_not_served_here() {
    let app = TestApp::start().await;
    for page in PAGES {
        let answer = app.open(&format!("{}{page}", app.base)).await;
        assert_eq!(answer.status(), 200, "{page}");
        let loaded = loaded(&answer.text().await.unwrap());
        assert!(loaded.len() >= 4, "{page}: {loaded:?}");
        for path in loaded {
            assert!(path.starts_with('/'), "{page}: {path}");
            assert_eq!(app.get(&path).await.status(), 200, "{page}: {path}");
        }
    }
}

#[tokio::test]
async fn each_documentation_page_has_the_minimum_policy_of_its_viewer() {
    let app = TestApp::start().await;
    let common = [
        ("default-src", "'none'"),
        ("script-src", "'self'"),
        ("connect-src", "'self'"),
        ("img-src", "'self' data:"),
        ("form-action", "'self'"),
        ("object-src", "'none'"),
        ("base-uri", "'none'"),
        ("frame-ancestors", "'none'"),
    ];
    for (page, own) in [
        ("/docs", &[("style-src", "'self'")][..]),
        ("/redoc", &[("style-src", "'self' 'unsafe-inline'"), ("font-src", "data:")]),
    ] {
        let allowed = common.iter().chain(own).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        assert_eq!(policy(&app.get(page).await), allowed.collect(), "{page}");
    }
}

#[tokio::test]
async fn behind_a_proxy_that_serves_others_too_every_address_has_its_path() {
    let app = TestApp::with(&[("PUBLIC_URL", "http://localhost:8080/auth")]).await;
    for page in PAGES {
        let html = app.get(page).await.text().await.unwrap();
        assert!(loaded(&html).iter().all(|path| path.starts_with("/auth/")), "{page}");
    }
    let document = json(app.get("/openapi.json").await, 200).await;
    assert_eq!(document["servers"][0]["url"], "/auth");
    let login = &document["components"]["securitySchemes"]["account_User1"]["flows"]["password"];
    assert_eq!(login["tokenUrl"], "/auth/v1/User1/token");
}

#[tokio::test]
async fn a_file_of_a_viewer_comes_compressed_to_those_who_take_that_and_may_be_kept_for_ever() {
    let app = TestApp::start().await;
    let path = "/assets/vendor/swagger-ui/5.35.0/swagger-ui.css";
    let get = |headers: &[(&'static str, &str)]| {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        app.request(reqwest::Method::GET, path).headers(headers).send()
    };
    let packed = get(&[("accept-encoding", "br, gzip;q=0.8")]).await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert_eq!(packed.headers()["content-type"], "text/css; charset=utf-8");
    assert_eq!(packed.headers()["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(packed.headers()["vary"], "Accept-Encoding");
    let tag = packed.headers()["etag"].to_str().unwrap().to_owned();
    let packed = packed.bytes().await.unwrap();

    for refusing in ["identity", "gzip;q=0", "br"] {
        let plain = get(&[("accept-encoding", refusing)]).await.unwrap();
        assert!(!plain.headers().contains_key("content-encoding"), "{refusing}");
        assert_ne!(plain.headers()["etag"], tag.as_str());
        let plain = plain.text().await.unwrap();
        assert!(plain.contains(".swagger-ui") && plain.len() > packed.len(), "{refusing}");
    }
    let known = get(&[("accept-encoding", "gzip"), ("if-none-match", &format!("\"other\", {tag}"))]).await.unwrap();
    assert_eq!(known.status(), 304);
    assert_eq!(known.headers()["etag"], tag.as_str());
    assert!(known.bytes().await.unwrap().is_empty());
    for nowhere in ["swagger-ui/5.35.0/nothing.js", "swagger-ui/1.0.0/swagger-ui.css", "..%2f/5.35.0/swagger-ui.css"] {
        problem(app.get(&format!("/assets/vendor/{nowhere}")).await, 404).await;
    }
}

#[tokio::test]
async fn the_viewers_are_the_ones_that_were_published() {
    let app = TestApp::start().await;
    let vendor = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/vendor");
    let sums = fs::read_to_string(vendor.join("SHA256SUMS")).unwrap();
    let readme = fs::read_to_string(vendor.join("README.md")).unwrap();
    let mut served = BTreeMap::new();
    for page in PAGES {
        let loaded = loaded(&app.get(page).await.text().await.unwrap());
        for path in loaded.into_iter().filter(|path| path.starts_with("/assets/vendor/")) {
            let parts: Vec<_> = path.split('/').collect();
            let [.., viewer, version, file] = parts[..] else { panic!("{path}") };
            assert!(
                readme.contains(&format!("| `{viewer}` |")) && readme.contains(&format!("| {version} |")),
                "{path}"
            );
            let content = app.get(&path).await.bytes().await.unwrap();
            served.insert(format!("{viewer}/{file}"), sha256(&content));
        }
    }
    let served: Vec<_> = served.into_iter().map(|(file, sum)| format!("{sum}  {file}")).collect();
    assert_eq!(served, sums.lines().collect::<Vec<_>>());
}

fn sha256(content: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, content);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn without_documentation_its_routes_do_not_exist() {
    let app = TestApp::with(&[("DOCS", "off")]).await;
    let files =
        ["/openapi.json", "/assets/docs.js", "/assets/docs.css", "/assets/vendor/redoc/3.0.1/redoc.standalone.js"];
    for path in PAGES.iter().chain(&files) {
        problem(app.get(path).await, 404).await;
    }
}
