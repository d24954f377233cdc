//! Lines of the log: which there are, what they contain about a request, and when they are written.

use std::time::Duration;

use reqwest::Response;
use serde_json::Value;

use crate::support::{
    Person, json,
    process::{CHEAP, Program, client},
};

async fn get(program: &Program, path: &str) -> Response {
    client().get(program.url(path)).send().await.unwrap()
}

fn request_id(answer: &Response) -> String {
    answer.headers()["x-request-id"].to_str().unwrap().to_owned()
}

/// Returns the lines of completed requests.
fn answered(program: &Program) -> Vec<String> {
    program.log().lines().filter(|line| line.contains("answered")).map(str::to_owned).collect()
}

#[tokio::test]
async fn each_request_has_one_line_which_names_it() {
    let mut program = Program::start(CHEAP).await;
    let answer = get(&program, "/User1/me?access_token=x").await;
    let id = request_id(&answer);
    assert_eq!(answer.status(), 401);
    assert!(program.stop().await.success());
    let lines: Vec<_> = answered(&program).into_iter().filter(|line| line.contains(&id)).collect();
    let [line] = &lines[..] else { panic!("{lines:?}") };
    let (time, rest) = line.split_once(' ').unwrap();
    assert!(time.starts_with("20") && time.ends_with('Z'), "{line}");
    let (rest, micros) = rest.rsplit_once(" micros=").unwrap();
    assert!(micros.parse::<u64>().is_ok(), "{line}");
    let request = format!(r#"request{{id={id} method="GET" route="/v1/{{realm}}/me"}}"#);
    assert_eq!(rest, format!(" INFO {request}: portcullis::http::layers::scope: answered status=401"));
}

#[tokio::test]
async fn a_line_of_json_has_its_fields_and_the_request_as_span() {
    let mut program = Program::new(CHEAP);
    program.set("LOG_FORMAT", "json");
    program.set("LOG_LEVEL", "debug");
    program.spawn();
    program.ready().await;
    let answer = get(&program, "/User1/me").await;
    let id = request_id(&answer);
    assert!(program.stop().await.success());
    let log = program.log();
    let all: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let passkeys = all.iter().find(|line| line["message"] == "passkeys on").unwrap();
    let origin = format!("http://localhost:{}", program.port());
    assert_eq!((&passkeys["rp_id"], &passkeys["origins"]), (&"localhost".into(), &origin.into()));
    let lines: Vec<_> = all.iter().filter(|line| line["span"]["id"] == id.as_str()).collect();
    let [refused, answered] = &lines[..] else { panic!("{lines:?}") };
    for (line, level, message) in [(refused, "DEBUG", "rejected"), (answered, "INFO", "answered")] {
        assert_eq!((&line["level"], &line["message"]), (&level.into(), &message.into()));
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
        assert!(line["target"].as_str().unwrap().starts_with("portcullis::http::"));
        let span = &line["span"];
        assert_eq!((&span["name"], &span["method"]), (&"request".into(), &"GET".into()));
        assert_eq!(span["route"], "/v1/{realm}/me");
        assert_eq!(line["spans"], Value::from(vec![span.clone()]));
    }
    assert_eq!(refused["code"], "token.missing");
    assert_eq!(answered["status"], 401);
    assert!(answered["micros"].is_u64());
    let outside = log.lines().find(|line| line.contains("\"serving\"")).unwrap();
    assert!(!outside.contains("\"span"), "{outside}");
}

#[tokio::test]
async fn work_that_continues_without_its_client_logs_its_request() {
    let slow = [("ARGON2_MEMORY_KIB", "65536"), ("ARGON2_ITERATIONS", "10"), ("MESSAGE_DELAY", "0s")];
    let mut program = Program::start(&slow).await;
    let create = client().post(program.url("/User1/create")).json(&Person::new("john@example.com").form());
    let answer = tokio::time::timeout(Duration::from_millis(200), create.send()).await;
    assert!(answer.is_err(), "the hash is too cheap for this test");
    while !program.log().contains("registration created") {
        assert!(program.is_running());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let log = program.log();
    let line = log.lines().find(|line| line.contains("registration created")).unwrap();
    assert!(line.contains("request{id=") && line.contains(r#"route="/v1/{realm}/create""#), "{line}");
}

/// Lines of completed requests are batched for a moment, and a crash loses no more than that. All other lines are
/// written immediately.
#[tokio::test]
async fn a_killed_program_has_written_its_lines() {
    let mut program = Program::start(CHEAP).await;
    let person = Person::new("john@example.com");
    let created = client().post(program.url("/User1/create")).json(&person.form()).send().await.unwrap();
    let id = request_id(&created);
    json(created, 200).await;
    let has_line = |program: &Program| {
        let log = program.log();
        log.lines().any(|line| line.contains(&id) && line.contains("registration created"))
    };
    while !has_line(&program) {
        assert!(program.is_running());
        tokio::task::yield_now().await;
    }
    let before = answered(&program).len();
    let http = client();
    for _ in 0..500 {
        assert_eq!(http.get(program.url("/livez")).send().await.unwrap().status(), 200);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    program.kill();
    let after = answered(&program).len();
    assert!((500..=501).contains(&(after - before)), "{before} and {after}: the line of `create` may be the first");
    assert!(program.log().ends_with('\n'), "no line is cut");
}
