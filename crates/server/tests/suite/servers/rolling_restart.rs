//! One server after the other is restarted under load.

use std::{
    io::Write as _,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use super::Cluster;
use crate::support::{
    Person,
    process::{Program, client, free_port},
};

/// Like HAProxy, the load balancer checks whether each server is ready, and sends no requests to a server that is
/// not.
#[tokio::test]
async fn mongodb_and_a_restart_of_one_server_after_the_other_fail_no_request() {
    let mut cluster = Cluster::start(true, &[("DRAIN_DELAY", "1s"), ("SESSIONS_MAX", "10000")]).await;
    let john = Person::new("john@example.com");
    cluster.join(&john).await;
    let token = cluster.log_in(0, &john).await;
    let urls: Vec<String> = (0..3).map(|server| cluster.url(server, "")).collect();
    let ready: Vec<AtomicBool> = urls.iter().map(|_| AtomicBool::new(true)).collect();
    let (done, served, failed) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let check = async |server: usize| {
        while !done.load(Ordering::Relaxed) {
            let answer = client().get(format!("{}/readyz", urls[server])).send().await;
            ready[server].store(answer.is_ok_and(|answer| answer.status() == 200), Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let load = async |visitor: usize| {
        let http = client();
        let mut turn = visitor;
        while !done.load(Ordering::Relaxed) {
            turn += 1;
            let Some(server) =
                (0..3).map(|step| (turn + step) % 3).find(|server| ready[*server].load(Ordering::Relaxed))
            else {
                failed.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            };
            let answer = if turn.is_multiple_of(10) {
                let form = [("username", &john.email), ("password", &john.password)];
                http.post(format!("{}/User1/login", urls[server])).form(&form).send().await
            } else {
                http.get(format!("{}/User1/me", urls[server])).bearer_auth(&token).send().await
            };
            match answer {
                Ok(answer) if answer.status() == 200 => served.fetch_add(1, Ordering::Relaxed),
                other => {
                    println!("{:?}", other.map(|answer| answer.status()));
                    failed.fetch_add(1, Ordering::Relaxed)
                }
            };
        }
    };
    let restart = async |servers: &mut Vec<Program>| {
        for server in servers {
            tokio::time::sleep(Duration::from_millis(500)).await;
            assert!(server.stop().await.success(), "{}", server.log());
            server.spawn();
            server.ready().await;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        done.store(true, Ordering::Relaxed);
    };
    tokio::join!(restart(&mut cluster.servers), check(0), check(1), check(2), load(0), load(1), load(2), load(3));
    println!("rolling restart: {served:?} requests served, {failed:?} failed");
    assert_eq!(failed.into_inner(), 0);
    assert!(served.into_inner() > 100);
}

/// The load balancer from the documentation, for these servers.
struct Balancer {
    port: u16,
    _config: tempfile::NamedTempFile,
    child: Child,
}

impl Balancer {
    async fn start(cluster: &Cluster) -> Self {
        let documented = include_str!("../../../../../docs/many-servers.md");
        let text = documented.split_once("```haproxy\n").unwrap().1.split_once("```").unwrap().0;
        let port = free_port();
        let mut text = text.replace("bind :8080", &format!("bind 127.0.0.1:{port}"));
        for (server, address) in ["10.0.0.11:8000", "10.0.0.12:8000", "10.0.0.13:8000"].into_iter().enumerate() {
            assert!(text.contains(address));
            text = text.replace(address, &format!("127.0.0.1:{}", cluster.servers[server].port()));
        }
        let mut config = tempfile::NamedTempFile::new().unwrap();
        config.write_all(text.as_bytes()).unwrap();
        let child = Command::new("haproxy").arg("-f").arg(config.path()).stdout(Stdio::null()).spawn();
        let child = child.expect("haproxy is installed by `make soak`");
        let balancer = Self { port, _config: config, child };
        while client().get(balancer.url("/readyz")).send().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        balancer
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
#[ignore = "soak"]
async fn mongodb_and_a_restart_of_all_servers_behind_the_documented_balancer_fail_no_request() {
    let settings = [("DRAIN_DELAY", "3s"), ("SESSIONS_MAX", "10000"), ("TRUSTED_PROXIES", "127.0.0.1")];
    let mut cluster = Cluster::start(true, &settings).await;
    let john = Person::new("john@example.com");
    cluster.join(&john).await;
    let token = cluster.log_in(0, &john).await;
    let balancer = Balancer::start(&cluster).await;
    let (done, served, failed) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let load = async |visitor: usize| {
        let (http, mut turn) = (client(), visitor);
        while !done.load(Ordering::Relaxed) {
            turn += 1;
            let answer = if turn.is_multiple_of(10) {
                let form = [("username", &john.email), ("password", &john.password)];
                http.post(balancer.url("/User1/login")).form(&form).send().await
            } else {
                http.get(balancer.url("/User1/me")).bearer_auth(&token).send().await
            };
            match answer {
                Ok(answer) if answer.status() == 200 => served.fetch_add(1, Ordering::Relaxed),
                other => {
                    println!("{:?}", other.map(|answer| answer.status()));
                    failed.fetch_add(1, Ordering::Relaxed)
                }
            };
        }
    };
    let restart = async |servers: &mut Vec<Program>| {
        for _ in 0..2 {
            for server in &mut *servers {
                assert!(server.stop().await.success(), "{}", server.log());
                server.spawn();
                server.ready().await;
                // The load balancer checks once a second.
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        }
        done.store(true, Ordering::Relaxed);
    };
    tokio::join!(restart(&mut cluster.servers), load(0), load(1), load(2), load(3));
    println!("six restarts behind HAProxy: {served:?} requests served, {failed:?} failed");
    assert_eq!(failed.into_inner(), 0);
    assert!(served.into_inner() > 100);
}
