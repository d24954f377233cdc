//! Row D43: a client cannot change the address that it is limited by, and many clients do not exhaust the memory.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use reqwest::Method;

use super::client;
use crate::{
    floods::{memory, tell},
    limits::{ENFORCED, from},
    support::{
        TestApp,
        process::{CHEAP, Program},
    },
};

#[tokio::test]
async fn d43_a_client_cannot_change_its_identity_by_headers() {
    const SAYS: &[&str] = &[
        "X-Forwarded-For",
        "Forwarded",
        "X-Real-IP",
        "X-Client-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "X-Cluster-Client-IP",
        "X-Original-Forwarded-For",
        "Via",
    ];
    for proxies in [&[][..], &[("TRUSTED_PROXIES", "192.0.2.1")], &[("TRUSTED_PROXIES", "127.0.0.1")]] {
        let app = TestApp::with(&[&[("RATE_LIMIT_MODE", "enforce")], proxies].concat()).await;
        let is_behind_a_proxy = proxies.iter().any(|(_, proxy)| *proxy == "127.0.0.1");
        let try_as = async |number: usize| {
            let form = [("username", format!("p{number}@example.com")), ("password", "wrong-wrong-wrong".to_owned())];
            let mut request = app.request(Method::POST, "/User1/login").form(&form);
            for name in SAYS {
                let address = client(number);
                let says = match *name {
                    "Forwarded" => format!("for={address};proto=https"),
                    // The proxy appends its entry.
                    "X-Forwarded-For" if is_behind_a_proxy => format!("{address}, 203.0.113.9"),
                    _ => address,
                };
                request = request.header(*name, says);
            }
            request.send().await.unwrap().status().as_u16()
        };
        for number in 0..30 {
            assert_eq!(try_as(number).await, 401, "{proxies:?}");
        }
        for number in 30..35 {
            assert_eq!(try_as(number).await, 429, "{proxies:?}");
        }
    }
}

/// Some proxies add a second header line after that of the client.
#[tokio::test]
async fn d43_an_additional_forwarded_header_does_not_change_the_client() {
    let app = TestApp::with(ENFORCED).await;
    let try_as = async |number: usize| {
        let form = [("username", format!("p{number}@example.com")), ("password", "wrong-wrong-wrong".to_owned())];
        let request = app.request(Method::POST, "/User1/login").form(&form);
        from("203.0.113.9", from(&client(number), request)).send().await.unwrap().status().as_u16()
    };
    for number in 0..30 {
        assert_eq!(try_as(number).await, 401);
    }
    assert_eq!(try_as(30).await, 429);
}

#[tokio::test]
async fn d43_all_notations_of_an_address_are_one_client() {
    let app = TestApp::with(ENFORCED).await;
    let try_as = async |number: usize, address: &str| {
        let form = [("username", format!("p{number}@example.com")), ("password", "wrong-wrong-wrong".to_owned())];
        let request = app.request(Method::POST, "/User1/login").form(&form);
        from(address, request).send().await.unwrap().status().as_u16()
    };
    let written =
        ["203.0.113.9", "::ffff:203.0.113.9", "203.0.113.9:80", "[::ffff:203.0.113.9]:80", "::ffff:cb00:7109"];
    for (number, address) in written.iter().cycle().take(30).enumerate() {
        assert_eq!(try_as(number, address).await, 401, "{address}");
    }
    for address in written {
        assert_eq!(try_as(99, address).await, 429, "{address}");
    }
    // An IPv6 network in all notations.
    let written = ["2001:db8::1", "2001:0db8:0:0::2", "[2001:DB8::3]:443", "2001:db8:0000:0000:ffff::"];
    for (number, address) in written.iter().cycle().take(30).enumerate() {
        assert_eq!(try_as(100 + number, address).await, 401, "{address}");
    }
    for address in written {
        assert_eq!(try_as(199, address).await, 429, "{address}");
    }
}

/// Sends one request for each of these clients over one connection, and reads the responses.
fn knock(port: u16, clients: std::ops::Range<usize>) {
    const AT_ONCE: usize = 64;
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let mut chunk = [0; 65_536];
    let numbers: Vec<_> = clients.collect();
    for numbers in numbers.chunks(AT_ONCE) {
        let requests: String = numbers
            .iter()
            .map(|number| {
                format!(
                    "GET /User1/verify?token=x HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nX-Forwarded-For: {}\r\n\r\n",
                    client(*number)
                )
            })
            .collect();
        stream.write_all(requests.as_bytes()).unwrap();
        let mut answers = 0;
        while answers < numbers.len() {
            let read = stream.read(&mut chunk).unwrap();
            assert!(read > 0, "the server closed the connection");
            // The body at the end of a response is the only part with a closing brace.
            answers += chunk[..read].iter().filter(|byte| **byte == b'}').count();
        }
    }
}

/// When the memory for clients is full, new clients replace old ones.
#[tokio::test]
#[ignore = "soak"]
async fn d43_no_number_of_clients_fills_the_memory() {
    let program = Program::start(&[CHEAP, ENFORCED].concat()).await;
    let clients_knock = async |clients: std::ops::Range<usize>| {
        let port = program.port();
        tokio::task::spawn_blocking(move || knock(port, clients)).await.unwrap();
        memory(&program)
    };
    let before = clients_knock(0..1000).await;
    let full = clients_knock(1000..105_000).await;
    let beyond = clients_knock(105_000..150_000).await;
    tell(&format!("memory after 1,000, 105,000 and 150,000 clients: {before}, {full}, {beyond} MiB"));
    assert!(full < before + 64, "{before} MiB became {full}");
    assert!(beyond < full + 8, "{full} MiB became {beyond}");
}
