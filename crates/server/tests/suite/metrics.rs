//! Metrics for operators, and data that they must not contain.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json as value;

use crate::support::{
    Person, json,
    process::{CHEAP, Program, client, free_port},
};

/// Returns the text and its samples by name and labels.
async fn scrape(address: &str) -> (String, BTreeMap<String, f64>) {
    let answer = client().get(format!("http://{address}/metrics")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let kind = answer.headers()["content-type"].to_str().unwrap();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    let text = answer.text().await.unwrap();
    let samples = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let pair =
        |line: &str| line.rsplit_once(' ').map(|(name, value)| (name.to_owned(), value.parse().unwrap())).unwrap();
    (text.clone(), samples.map(pair).collect())
}

#[tokio::test]
async fn every_documented_metric_is_exported_without_personal_data() {
    let address = format!("127.0.0.1:{}", free_port());
    let settings =
        [CHEAP, &[("METRICS_LISTEN", &*address), ("RATE_LIMIT_MODE", "enforce"), ("LIMIT_PASSWORDS_ACCOUNT", "1/1h")]];
    let program = Program::start(&settings.concat()).await;
    let (http, john) = (client(), Person::new("john@example.com"));
    let created = http.post(program.url("/User1/create")).json(&john.form()).send().await.unwrap();
    let id = json(created, 200).await["id"].as_str().unwrap().to_owned();
    for status in [401, 429] {
        let form = [("username", "john@example.com"), ("password", "wrong-wrong-wrong")];
        let answer = http.post(program.url("/User1/login")).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), status);
    }
    http.get(program.url("/User1/verify?token=secret")).send().await.unwrap();
    let begun = std::time::Instant::now();
    let (text, samples) = loop {
        let (text, samples) = scrape(&address).await;
        if text.contains("portcullis_messages_total") || begun.elapsed() > Duration::from_secs(20) {
            break (text, samples);
        }
    };
    let told = |name: &str| *samples.get(name).unwrap_or_else(|| panic!("{name} is not in\n{text}"));
    assert_eq!(told("portcullis_logins_total{outcome=\"wrong\"}"), 1.0);
    assert_eq!(told("portcullis_logins_total{outcome=\"limited\"}"), 1.0);
    assert_eq!(told("portcullis_limits_reached_total{limit=\"passwords\"}"), 1.0);
    let requests = "portcullis_http_requests_total{method=\"POST\",route=\"/v1/{realm}/create\",status=\"200\"}";
    assert_eq!(told(requests), 1.0);
    assert_eq!(told("portcullis_messages_total{channel=\"mail\",outcome=\"taken\"}"), 1.0);
    assert_eq!(told("portcullis_outbox_messages{state=\"dead\"}"), 0.0);
    assert_eq!(told("portcullis_password_hashes_pending"), 0.0);
    assert!(told("portcullis_password_hash_duration_seconds_count{outcome=\"done\"}") >= 2.0);
    assert!(told("portcullis_store_duration_seconds_count{operation=\"commit\",outcome=\"ok\"}") >= 2.0);
    assert!(told("process_resident_memory_bytes") > 1e6);
    for name in
        ["portcullis_build_info", "portcullis_outbox_oldest_seconds", "portcullis_http_request_duration_seconds"]
    {
        assert!(text.contains(name), "{name}");
    }
    for personal in [&id, "john", "127.0.0.1", "token=", "User1", "secret"] {
        assert!(!text.contains(personal), "{personal} is in\n{text}");
    }
    // The metrics listener serves nothing else, and the public one serves no metrics.
    assert_eq!(client().get(format!("http://{address}/health")).send().await.unwrap().status(), 404);
    assert_eq!(http.get(program.url("/metrics")).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_code_beyond_its_limit_is_counted_under_that_limit_only() {
    let address = format!("127.0.0.1:{}", free_port());
    let settings = [CHEAP, &[("METRICS_LISTEN", &*address), ("RATE_LIMIT_MODE", "enforce")]].concat();
    let program = Program::start(&settings).await;
    let (http, john) = (client(), Person::new("john@example.com"));
    let ask = value!({ "id": "unknown", "phone": "+1234567890" });
    http.post(program.url("/User1/create")).json(&john.form()).send().await.unwrap();
    for _ in 0..2 {
        json(http.post(program.url("/User1/otp_phone")).json(&ask).send().await.unwrap(), 200).await;
    }
    let (text, samples) = scrape(&address).await;
    assert_eq!(samples.get("portcullis_limits_reached_total{limit=\"otp\"}"), Some(&1.0), "{text}");
    assert!(!text.contains("limit=\"sms"), "{text}");
}

#[tokio::test]
async fn an_unavailable_metrics_address_is_reported() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = Program::new(CHEAP).run(&["--metrics-listen", &address]);
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.stderr.contains("METRICS_LISTEN") && ended.stderr.contains(&address), "{}", ended.stderr);
}
