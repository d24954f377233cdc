//! Two nodes with one store: each sees the revocations of the other within a second.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use portcullis::{App, app::Overrides};
use portcullis_core::{
    account::{Role, User},
    clock::Timestamp,
    id::{RealmName, UserId},
    port::{SharedCache, Store, UserOp},
    seal::Sealed,
};
use reqwest::{Client, Method, StatusCode};
use serde_json::json;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::support::{self, Person, database::Database};

/// A node with its own workers and the system clock.
struct Node {
    base: String,
    serving: JoinHandle<()>,
}

impl Drop for Node {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A service that introspects tokens at both nodes.
const SERVICE: (&str, &str) = ("shop", "the-secret-of-the-shop-is-long-enough");

/// Returns whether a node considers a token active.
async fn is_active(http: &Client, node: &Node, token: &str) -> bool {
    let request = http.post(format!("{}/User1/introspect", node.base)).basic_auth(SERVICE.0, Some(SERVICE.1));
    let answer = request.form(&[("token", token)]).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json::<serde_json::Value>().await.unwrap()["active"].as_bool().unwrap()
}

/// Store shared by the first node with the second.
type Shelf = Arc<Mutex<Option<Arc<dyn Store>>>>;

async fn node(dir: &Path, database: &Database, shelf: &Shelf) -> Node {
    node_with(dir, database, shelf, None).await
}

async fn node_with(dir: &Path, database: &Database, shelf: &Shelf, shared: Option<Arc<dyn SharedCache>>) -> Node {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let issuer = ("JWT_ISSUER".to_owned(), "https://accounts.example.com/{realm}".to_owned());
    let service = ("API_CLIENTS".to_owned(), format!("{}:{}", SERVICE.0, SERVICE.1));
    let mut settings = vec![issuer, service];
    settings.extend(database.settings().iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let config = support::load(dir, &base, &settings);
    let shelf = Arc::clone(shelf);
    // Only one server can use an SQLite file, so both nodes share the store object. With MongoDB each has its own.
    let is_shared = matches!(database, Database::Sqlite);
    let adjust = Box::new(move |mut ports: portcullis_core::service::Ports| {
        ports.shared = shared;
        if !is_shared {
            return ports;
        }
        ports.store = Arc::clone(shelf.lock().unwrap().get_or_insert(ports.store));
        ports
    });
    let app = App::build(&config, Overrides { adjust, ..Overrides::default() }).await.unwrap();
    Node { base, serving: tokio::spawn(app.serve(listener, std::future::pending())) }
}

/// Returns two folders that contain the same keys.
async fn twins() -> (TempDir, TempDir) {
    let (one, two) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let config = support::load(one.path(), "http://127.0.0.1:1", &[]);
    drop(App::build(&config, Overrides::default()).await.unwrap());
    fs::create_dir(two.path().join("data")).unwrap();
    fs::copy(one.path().join("data/portcullis.db"), two.path().join("data/portcullis.db")).unwrap();
    (one, two)
}

async fn status(http: &Client, node: &Node, token: &str) -> StatusCode {
    http.get(format!("{}/User1/me", node.base)).bearer_auth(token).send().await.unwrap().status()
}

/// Waits for an emailed link, which either node may send, and returns it for the first node.
async fn link(http: &Client, nodes: [&Node; 2], page: &str) -> String {
    loop {
        for node in nodes {
            let list = http.get(format!("{}/dev/mailbox.json", node.base)).send().await.unwrap();
            let mails: serde_json::Value = list.json().await.unwrap();
            let links = mails.as_array().unwrap().iter().flat_map(|mail| mail["links"].as_array().unwrap());
            if let Some(link) = links.filter_map(|link| link.as_str()).find(|link| link.contains(page)) {
                let path = link.split_once("/User1").map(|(_, path)| ["/User1", path].concat()).unwrap();
                return nodes[0].base.clone() + &path;
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Creates and verifies an account. Returns its id.
async fn join(http: &Client, nodes: [&Node; 2], person: &Person) -> UserId {
    let created = http.post(format!("{}/User1/create", nodes[0].base)).json(&person.form()).send().await.unwrap();
    assert_eq!(created.status(), 200);
    let created: serde_json::Value = created.json().await.unwrap();
    assert_eq!(http.get(link(http, nodes, "/verify?").await).send().await.unwrap().status(), 200);
    UserId::parse(created["id"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_revocation_by_one_node_reaches_the_other_within_a_second() {
    let (dirs, database, shelf, http) = (twins().await, Database::new().await, Shelf::default(), Client::new());
    let here = node(dirs.0.path(), &database, &shelf).await;
    let there = node(dirs.1.path(), &database, &shelf).await;
    let john = Person::new("john@example.com");
    let post = async |path: &str, form: &[(&str, &str)]| {
        http.post(format!("{}/User1/{path}", here.base)).form(form).send().await.unwrap()
    };
    let link = async |page: &str| link(&http, [&here, &there], page).await;
    join(&http, [&here, &there], &john).await;

    for end in ["logout", "reset"] {
        let password = if end == "logout" { john.password.as_str() } else { "securepassword123" };
        let login: serde_json::Value =
            post("login", &[("username", &john.email), ("password", password)]).await.json().await.unwrap();
        let token = login["access_token"].as_str().unwrap();
        // Read, so that the session is cached as live.
        for _ in 0..3 {
            assert_eq!(status(&http, &there, token).await, 200);
            assert!(is_active(&http, &there, token).await);
        }
        if end == "logout" {
            let done = http.post(format!("{}/User1/logout", here.base)).bearer_auth(token).send().await.unwrap();
            assert_eq!(done.json::<serde_json::Value>().await.unwrap(), json!({"message": "Logout successfully"}));
        } else {
            post("forget_password", &[("email", &john.email)]).await;
            let form = link("reset_password_form").await.replace("reset_password_form", "reset_password");
            let chosen = http.post(form).form(&[("password", "a fine new phrase")]).send().await.unwrap();
            assert_eq!(chosen.status(), 200);
        }
        let ended = Instant::now();
        for token in ["access_token", "refresh_token"].map(|name| login[name].as_str().unwrap()) {
            for node in [&there, &here] {
                assert!(!is_active(&http, node, token).await, "introspection reflects {end} immediately everywhere");
            }
        }
        assert_eq!(status(&http, &here, token).await, 401, "immediately on the server where it ended");
        while status(&http, &there, token).await != 401 {
            assert!(ended.elapsed() < Duration::from_secs(1), "{end} was not felt");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test]
async fn an_account_that_changes_in_the_store_is_read_anew_by_both_nodes_within_a_second() {
    let (dirs, database, shelf, http) = (twins().await, Database::new().await, Shelf::default(), Client::new());
    let here = node(dirs.0.path(), &database, &shelf).await;
    let there = node(dirs.1.path(), &database, &shelf).await;
    let (john, realm) = (Person::new("john@example.com"), RealmName::parse("User1").unwrap());
    let id = join(&http, [&here, &there], &john).await;
    let form = [("username", &john.email), ("password", &john.password)];
    let login = http.post(format!("{}/User1/login", here.base)).form(&form).send().await.unwrap();
    let login: serde_json::Value = login.json().await.unwrap();
    let token = login["access_token"].as_str().unwrap();
    let is_verified = async |node: &Node| {
        let me = http.get(format!("{}/User1/me", node.base)).bearer_auth(token).send().await.unwrap();
        me.json::<serde_json::Value>().await.unwrap()["is_phone_verified"].as_bool().unwrap()
    };

    let shared = shelf.lock().unwrap().clone();
    let store = match shared {
        Some(store) => store,
        None => database.open(dirs.0.path(), Timestamp::default()).await,
    };
    let user = store.user(&realm, &id).await.unwrap().unwrap();
    for node in [&here, &there, &here, &there] {
        assert!(!is_verified(node).await);
    }
    let changed = User { phone_verified_at: Some(user.created_at), revision: user.revision + 1, ..user };
    store.commit(vec![UserOp::Update(changed).into()]).await.unwrap();
    let begun = Instant::now();
    for node in [&here, &there] {
        while !is_verified(node).await {
            assert!(begun.elapsed() < Duration::from_secs(1), "the change was not felt");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test]
async fn changes_of_roles_addresses_and_sessions_reach_the_other_node_within_a_second() {
    let (dirs, database, shelf, http) = (twins().await, Database::new().await, Shelf::default(), Client::new());
    let here = node(dirs.0.path(), &database, &shelf).await;
    let there = node(dirs.1.path(), &database, &shelf).await;
    let (john, realm) = (Person::new("john@example.com"), RealmName::parse("User1").unwrap());
    let id = join(&http, [&here, &there], &john).await;
    let log_in = async || {
        let form = [("username", &john.email), ("password", &john.password)];
        let login = http.post(format!("{}/User1/login", here.base)).form(&form).send().await.unwrap();
        login.json::<serde_json::Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned()
    };
    let (token, other) = (log_in().await, log_in().await);
    let me = async |node: &Node, token: &str| {
        let me = http.get(format!("{}/User1/me", node.base)).bearer_auth(token).send().await.unwrap();
        me.json::<serde_json::Value>().await.unwrap()
    };
    let felt = async |what: &str, is_felt: &dyn Fn(&serde_json::Value) -> bool, token: &str| {
        let begun = Instant::now();
        while !is_felt(&me(&there, token).await) {
            assert!(begun.elapsed() < Duration::from_secs(1), "{what} was not felt");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    // Read, so that the current state is cached.
    let warm = async || {
        for token in [&token, &other] {
            for _ in 0..3 {
                assert_eq!(status(&http, &there, token).await, 200);
            }
        }
    };

    warm().await;
    let shared = shelf.lock().unwrap().clone();
    let store = match shared {
        Some(store) => store,
        None => database.open(dirs.0.path(), Timestamp::default()).await,
    };
    let user = store.user(&realm, &id).await.unwrap().unwrap();
    let roles = vec![Role::parse("editor").unwrap()];
    store.commit(vec![UserOp::Update(User { roles, revision: user.revision + 1, ..user }).into()]).await.unwrap();
    felt("a role", &|me| me["roles"] == json!(["editor"]), &token).await;

    let asked = http.post(format!("{}/User1/me/email", here.base)).bearer_auth(&token);
    assert_eq!(asked.json(&json!({"email": "new@example.com"})).send().await.unwrap().status(), 202);
    let link = link_to(&http, [&here, &there], "new@example.com", "/verify?token=").await;
    warm().await;
    let secret = link.split_once("token=").unwrap().1;
    let pressed = http.post(format!("{}/User1/verify", here.base)).header("Accept", "application/json");
    let pressed = pressed.form(&[("token", secret)]).send().await.unwrap();
    assert!(pressed.status().is_success() || pressed.status().is_redirection(), "{}", pressed.status());
    felt("an address", &|me| me["email"] == "new@example.com", &token).await;
    felt("the end of a session", &|me| me["code"] == "token.invalid", &other).await;
    assert_eq!(status(&http, &there, &token).await, 200, "the session that asked stays");
}

/// Operations that require a recent login read the store again to check whether one factor is sufficient.
#[tokio::test]
async fn two_step_turned_on_elsewhere_applies_immediately_to_routes_that_require_a_recent_login() {
    let (dirs, database, shelf, http) = (twins().await, Database::new().await, Shelf::default(), Client::new());
    let here = node(dirs.0.path(), &database, &shelf).await;
    let there = node(dirs.1.path(), &database, &shelf).await;
    let (john, realm) = (Person::new("john@example.com"), RealmName::parse("User1").unwrap());
    let id = join(&http, [&here, &there], &john).await;
    let form = [("username", &john.email), ("password", &john.password)];
    let login = http.post(format!("{}/User1/login", here.base)).form(&form).send().await.unwrap();
    let login: serde_json::Value = login.json().await.unwrap();
    let token = login["access_token"].as_str().unwrap();
    let shared = shelf.lock().unwrap().clone();
    let store = match shared {
        Some(store) => store,
        None => database.open(dirs.0.path(), Timestamp::default()).await,
    };
    let switch = async |two_step: bool| {
        let user = store.user(&realm, &id).await.unwrap().unwrap();
        let changed = User { two_step, revision: user.revision + 1, ..user };
        store.commit(vec![UserOp::Update(changed).into()]).await.unwrap();
    };
    let is_on = async || {
        let status = http.get(format!("{}/User1/me/export", there.base)).bearer_auth(token).send().await.unwrap();
        status.status() == 401
    };
    let password = &john.password;
    for (method, path, body) in [
        (Method::GET, "me/export".to_owned(), json!({})),
        (
            Method::POST,
            "me/password".to_owned(),
            json!({"current_password": password, "new_password": "a fine new phrase"}),
        ),
        (Method::POST, "me/mfa/totp".to_owned(), json!({"current_password": password})),
        (Method::POST, "me/passkeys/options".to_owned(), json!({"current_password": password})),
        (Method::DELETE, format!("delete?id={id}&email={}", john.email), json!({})),
        (Method::DELETE, "me".to_owned(), json!({"current_password": password})),
    ] {
        // The other node has the account in its previous state.
        while is_on().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        switch(true).await;
        let request = http.request(method, format!("{}/User1/{path}", there.base)).bearer_auth(token);
        let refused = request.json(&body).send().await.unwrap();
        assert_eq!(refused.status(), 401, "{path}");
        assert_eq!(refused.json::<serde_json::Value>().await.unwrap()["code"], "auth.stale", "{path}");
        switch(false).await;
    }
}

/// Waits for a link emailed to an address by either node.
async fn link_to(http: &Client, nodes: [&Node; 2], email: &str, page: &str) -> String {
    loop {
        for node in nodes {
            let list = http.get(format!("{}/dev/mailbox.json", node.base)).send().await.unwrap();
            let mails: serde_json::Value = list.json().await.unwrap();
            let mails = mails.as_array().unwrap().iter().filter(|mail| mail["to"] == email);
            let mut links = mails.flat_map(|mail| mail["links"].as_array().unwrap()).filter_map(|link| link.as_str());
            if let Some(link) = links.find(|link| link.contains(page)) {
                return link.to_owned();
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A shared cache that returns outdated copies.
#[derive(Debug, Default)]
struct Board {
    copies: Mutex<HashMap<String, Sealed>>,
    /// Number of copies written.
    puts: Mutex<usize>,
    is_frozen: Mutex<bool>,
}

#[async_trait]
impl SharedCache for Board {
    async fn account(&self, realm: &RealmName, user: &UserId) -> Option<Sealed> {
        self.copies.lock().unwrap().get(&format!("{realm}/{user}")).cloned()
    }

    async fn put_account(&self, realm: &RealmName, user: &UserId, sealed: &Sealed, _: Duration) {
        *self.puts.lock().unwrap() += 1;
        if !*self.is_frozen.lock().unwrap() {
            self.copies.lock().unwrap().insert(format!("{realm}/{user}"), sealed.clone());
        }
    }

    /// A copy may also be written again after it was removed.
    fn forget_account(&self, _: &RealmName, _: &UserId) {}

    fn announce(&self) {}

    async fn announced(&self) {
        std::future::pending().await
    }

    fn is_up(&self) -> bool {
        true
    }
}

/// As after a restore or failover of Redis, or with a delayed writer.
#[tokio::test]
async fn a_copy_from_before_a_change_is_believed_by_no_node() {
    let (dirs, database, shelf, http) = (twins().await, Database::new().await, Shelf::default(), Client::new());
    let (board, third) = (Arc::new(Board::default()), TempDir::new().unwrap());
    fs::create_dir(third.path().join("data")).unwrap();
    fs::copy(dirs.0.path().join("data/portcullis.db"), third.path().join("data/portcullis.db")).unwrap();
    let shared = || Some(Arc::clone(&board) as Arc<dyn SharedCache>);
    let here = node_with(dirs.0.path(), &database, &shelf, shared()).await;
    let there = node_with(dirs.1.path(), &database, &shelf, shared()).await;
    let (john, realm) = (Person::new("john@example.com"), RealmName::parse("User1").unwrap());
    let id = join(&http, [&here, &there], &john).await;
    let form = [("username", &john.email), ("password", &john.password)];
    let login = http.post(format!("{}/User1/login", here.base)).form(&form).send().await.unwrap();
    let login: serde_json::Value = login.json().await.unwrap();
    let token = login["access_token"].as_str().unwrap();
    let is_verified = async |node: &Node| {
        let me = http.get(format!("{}/User1/me", node.base)).bearer_auth(token).send().await.unwrap();
        me.json::<serde_json::Value>().await.unwrap()["is_phone_verified"].as_bool().unwrap()
    };

    // Both nodes follow the log up to the position of the copy.
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(!is_verified(&here).await);
    let made = *board.puts.lock().unwrap();
    assert!(made > 0, "the first node shares what it has read");
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(!is_verified(&there).await);
    assert_eq!(*board.puts.lock().unwrap(), made, "the second node believes the copy, and reads no store");

    *board.is_frozen.lock().unwrap() = true;
    let shared_store = shelf.lock().unwrap().clone();
    let store = match shared_store {
        Some(store) => store,
        None => database.open(dirs.0.path(), Timestamp::default()).await,
    };
    let user = store.user(&realm, &id).await.unwrap().unwrap();
    let changed = User { phone_verified_at: Some(user.created_at), revision: user.revision + 1, ..user };
    store.commit(vec![UserOp::Update(changed).into()]).await.unwrap();
    let begun = Instant::now();
    for node in [&here, &there] {
        while !is_verified(node).await {
            assert!(begun.elapsed() < Duration::from_secs(1), "an old copy was believed");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(is_verified(node).await);
    }
    // A server that starts now also learns of the change from the log.
    let late = node_with(third.path(), &database, &shelf, shared()).await;
    assert!(is_verified(&late).await);
}
