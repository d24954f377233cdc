use std::{process::Command, sync::Arc, time::Duration};

use portcullis_backends::{
    dev_mailbox::DevMailbox,
    sms::{BadSettings, TwilioSender, TwilioSettings},
};
use portcullis_core::{
    account::phone::PhoneNumber,
    clock::{Clock, ManualClock, Timestamp},
    message::{MailboxChannel, Sms},
    port::{Mailbox, SendError, SmsReceipt, SmsSender, SmsStatus},
};
use tempfile::TempDir;

use twilio::{AUTH_TOKEN, Behaviour, SID, Twilio};

#[path = "../support/twilio.rs"]
mod twilio;

const FROM: &str = "+15005550006";
const TO: &str = "+441632960001";

fn settings(api_url: &str) -> TwilioSettings {
    TwilioSettings {
        api_url: api_url.to_owned(),
        sid: SID.to_owned(),
        auth_token: AUTH_TOKEN.into(),
        from: FROM.to_owned(),
        timeout: Duration::from_secs(10),
    }
}

fn sms() -> Sms {
    Sms {
        message_id: "k3v8q2m1".to_owned(),
        to: PhoneNumber::parse(TO).unwrap(),
        text: "493817 is your code for Example.".to_owned(),
        code: "493817".to_owned(),
    }
}

/// Starts a Twilio server and a sender for it.
async fn pair() -> (Twilio, TwilioSender) {
    let twilio = Twilio::start().await;
    let sender = TwilioSender::new(settings(&twilio.url())).unwrap();
    (twilio, sender)
}

/// Returns the message of a transient failure.
fn transient<T: std::fmt::Debug>(outcome: Result<T, SendError>) -> String {
    match outcome {
        Err(SendError::Transient(cause)) => cause.to_string(),
        other => panic!("not transient: {other:?}"),
    }
}

/// Returns the message of a failure with an unknown outcome.
fn unknown<T: std::fmt::Debug>(outcome: Result<T, SendError>) -> String {
    match outcome {
        Err(SendError::Unknown(cause)) => cause.to_string(),
        other => panic!("not unknown: {other:?}"),
    }
}

/// Returns the message of a permanent failure.
fn permanent<T: std::fmt::Debug>(outcome: Result<T, SendError>) -> String {
    match outcome {
        Err(SendError::Permanent(cause)) => cause.to_string(),
        other => panic!("not permanent: {other:?}"),
    }
}

/// Returns the message of a failure that concerns the account.
fn of_account<T: std::fmt::Debug>(outcome: Result<T, SendError>) -> String {
    match outcome {
        Err(SendError::Route(cause)) => cause.to_string(),
        other => panic!("not about the account: {other:?}"),
    }
}

fn refusal(change: impl FnOnce(&mut TwilioSettings)) -> Option<BadSettings> {
    let mut settings = settings(TwilioSettings::API_URL);
    change(&mut settings);
    TwilioSender::new(settings).err()
}

#[tokio::test]
async fn a_message_is_sent_and_its_receipt_is_twilios_sid() {
    let (twilio, sender) = pair().await;
    let receipt = sender.send(&sms()).await.unwrap().unwrap();
    let [message] = twilio.messages().try_into().unwrap();
    assert_eq!(receipt, SmsReceipt(message.sid));
    assert_eq!((message.to.as_str(), message.from.as_str()), (TO, FROM));
    assert_eq!(message.body, sms().text);
    assert!(twilio.requests()[0].to_ascii_lowercase().contains("\r\nuser-agent: portcullis\r\n"));
}

#[tokio::test]
async fn every_character_of_the_text_is_sent() {
    let (twilio, sender) = pair().await;
    for text in ["a+b & c=d%20?#\"\\", "Ihr Code für Größe: 493817", "コード 493817 ✓", "one\r\ntwo\n\n", ""] {
        sender.send(&Sms { text: text.to_owned(), ..sms() }).await.unwrap();
        assert_eq!(twilio.messages().pop().unwrap().body, text);
    }
}

#[tokio::test]
async fn the_delivery_status_is_returned() {
    let (twilio, sender) = pair().await;
    let receipt = sender.send(&sms()).await.unwrap().unwrap();
    assert_eq!(sender.status(&receipt).await.unwrap(), SmsStatus::Pending);
    for (word, code, expected) in [
        ("queued", None, SmsStatus::Pending),
        ("accepted", None, SmsStatus::Pending),
        ("scheduled", None, SmsStatus::Pending),
        ("sending", None, SmsStatus::Pending),
        ("sent", None, SmsStatus::Pending),
        ("delivered", None, SmsStatus::Delivered),
        ("received", None, SmsStatus::Delivered),
        ("read", None, SmsStatus::Delivered),
        ("undelivered", Some(30003), SmsStatus::Failed(Some(30003))),
        ("failed", Some(30007), SmsStatus::Failed(Some(30007))),
        ("canceled", None, SmsStatus::Failed(None)),
    ] {
        twilio.set_status(&receipt.0, word, code);
        assert_eq!(sender.status(&receipt).await.unwrap(), expected, "{word}");
    }
    twilio.set_status(&receipt.0, "teleported", None);
    assert_eq!(transient(sender.status(&receipt).await), "the SMS provider sent an invalid response");
}

#[tokio::test]
async fn a_rejection_is_permanent_unless_it_is_transient() {
    let (twilio, sender) = pair().await;
    let receipt = sender.send(&sms()).await.unwrap().unwrap();
    for (status, code) in [(400, Some(21211)), (400, Some(21610)), (403, None), (404, Some(20404))] {
        twilio.behave(Behaviour::Refuse { status, code });
        permanent(sender.send(&sms()).await);
        permanent(sender.status(&receipt).await);
    }
    for (status, code) in [(401, Some(20003)), (401, None), (403, Some(20005)), (400, Some(21703))] {
        twilio.behave(Behaviour::Refuse { status, code });
        of_account(sender.send(&sms()).await);
    }
    for (status, code) in [(408, None), (429, Some(20429)), (500, Some(20500)), (502, None), (503, Some(20503))] {
        twilio.behave(Behaviour::Refuse { status, code });
        transient(sender.send(&sms()).await);
        transient(sender.status(&receipt).await);
    }
    assert_eq!(twilio.messages().len(), 1);
}

#[tokio::test]
async fn the_log_of_a_rejection_has_its_codes_but_no_text() {
    let (twilio, sender) = pair().await;
    for (status, code, expected) in [
        (400, Some(21211), "the SMS provider responded with 400, error 21211"),
        (404, None, "the SMS provider responded with 404"),
        (429, Some(20429), "the SMS provider responded with 429, error 20429"),
        (503, None, "the SMS provider responded with 503"),
    ] {
        twilio.behave(Behaviour::Refuse { status, code });
        let (SendError::Permanent(cause)
        | SendError::Transient(cause)
        | SendError::Unknown(cause)
        | SendError::Throttled(cause, _)
        | SendError::Route(cause)) = sender.send(&sms()).await.unwrap_err();
        assert_eq!(cause.to_string(), expected);
        assert!(!format!("{cause:?}").contains("1632"), "{cause:?}");
        assert!(cause.source().is_none());
    }
    for body in ["", "<html>", "[]", "null", r#"{"code":"21211"}"#, r#"{"code":-1}"#, r#"{"code":4294967296}"#] {
        twilio.behave(Behaviour::Answer { status: 400, body: body.to_owned() });
        assert_eq!(permanent(sender.send(&sms()).await), "the SMS provider responded with 400", "{body}");
    }
}

#[tokio::test]
async fn an_accepted_message_remains_accepted_regardless_of_the_response() {
    let (twilio, sender) = pair().await;
    let endless = format!(r#"{{"sid":"SM1","status":"queued","padding":"{}"}}"#, "a".repeat(1024 * 1024));
    let overlong = format!(r#"{{"sid":"{}"}}"#, "a".repeat(65));
    for body in ["", "<html>", "{}", "[]", r#"{"sid":7}"#, r#"{"sid":""}"#, r#"{"sid":"../../x"}"#, &overlong, &endless]
    {
        twilio.behave(Behaviour::Answer { status: 201, body: body.to_owned() });
        assert_eq!(sender.send(&sms()).await.unwrap(), None, "{body:.80}");
    }
    let receipt = SmsReceipt("SM1".to_owned());
    for body in ["", "<html>", "{}", r#"{"status":null}"#, &endless] {
        twilio.behave(Behaviour::Answer { status: 200, body: body.to_owned() });
        assert_eq!(transient(sender.status(&receipt).await), "the SMS provider sent an invalid response");
    }
}

#[tokio::test]
async fn an_invalid_receipt_causes_no_request() {
    let (twilio, sender) = pair().await;
    for receipt in ["", "../Messages", "SM1/Media", "SM1?x", "SM1#", "SM%31", "SM 1", "SMé", ".", &"a".repeat(65)] {
        let outcome = sender.status(&SmsReceipt(receipt.to_owned())).await;
        assert_eq!(permanent(outcome), "the SMS provider has no message with this id", "{receipt}");
    }
    assert!(twilio.requests().is_empty());
    let unknown = sender.status(&SmsReceipt("a".repeat(64))).await;
    assert_eq!(permanent(unknown), "the SMS provider responded with 404, error 20404");
}

#[tokio::test]
async fn a_wrong_token_is_rejected_and_not_logged() {
    let twilio = Twilio::start().await;
    let wrong = TwilioSettings { auth_token: "another-token".into(), ..settings(&twilio.url()) };
    let sender = TwilioSender::new(wrong).unwrap();
    assert_eq!(of_account(sender.send(&sms()).await), "the SMS provider responded with 401, error 20003");
    assert!(twilio.messages().is_empty());
}

#[tokio::test]
async fn an_unreachable_provider_is_a_transient_failure() {
    let (twilio, sender) = pair().await;
    twilio.behave(Behaviour::Close);
    let cause = unknown(sender.send(&sms()).await);
    assert!(cause.starts_with("no response from the SMS provider after the request was sent: "), "{cause}");
    assert!(twilio.messages().is_empty());
    drop(twilio);
    tokio::task::yield_now().await;
    let cause = transient(sender.send(&sms()).await);
    assert!(cause.contains("refused") && !cause.contains(SID), "{cause}");
}

#[tokio::test]
async fn a_hanging_provider_times_out() {
    let twilio = Twilio::start().await;
    let hasty = TwilioSettings { timeout: Duration::from_millis(200), ..settings(&twilio.url()) };
    let sender = TwilioSender::new(hasty).unwrap();
    twilio.behave(Behaviour::Hang);
    assert_eq!(unknown(sender.send(&sms()).await), "the SMS provider took too long");
    assert_eq!(unknown(sender.status(&SmsReceipt("SM1".to_owned())).await), "the SMS provider took too long");
}

#[tokio::test]
async fn a_message_with_a_lost_response_is_not_resent_automatically() {
    let (twilio, sender) = pair().await;
    twilio.behave(Behaviour::CloseAfterTaking);
    unknown(sender.send(&sms()).await);
    assert_eq!((twilio.messages().len(), twilio.requests().len()), (1, 1));
}

#[tokio::test]
async fn a_connection_is_used_again_for_the_next_request() {
    let (twilio, sender) = pair().await;
    for _ in 0..3 {
        let receipt = sender.send(&sms()).await.unwrap().unwrap();
        sender.status(&receipt).await.unwrap();
    }
    twilio.behave(Behaviour::Refuse { status: 400, code: Some(21211) });
    permanent(sender.send(&sms()).await);
    twilio.behave(Behaviour::Accept);
    sender.send(&sms()).await.unwrap();
    assert_eq!((twilio.messages().len(), twilio.connections()), (4, 1));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (twilio, sender) = pair().await;
    let other = Twilio::start().await;
    let receipt = sender.send(&sms()).await.unwrap().unwrap();
    twilio.behave(Behaviour::Redirect(format!("{}/2010-04-01/Accounts/{SID}/Messages.json", other.url())));
    assert_eq!(transient(sender.send(&sms()).await), "the SMS provider responded with 307");
    assert_eq!(transient(sender.status(&receipt).await), "the SMS provider responded with 307");
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn over_https_nothing_is_sent_before_tls() {
    let twilio = Twilio::start().await;
    let sender = TwilioSender::new(settings(&twilio.url().replace("http:", "https:"))).unwrap();
    transient(sender.send(&sms()).await);
    assert_eq!((twilio.connections(), twilio.requests().len()), (1, 0));
}

#[test]
fn no_proxy_from_the_environment_is_used() {
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "sms::a_message_is_sent_and_its_receipt_is_twilios_sid"]);
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        // Port 9 is the discard service. Usually nothing listens there.
        again.env(name, "http://127.0.0.1:9");
    }
    let output = again.env_remove("no_proxy").env_remove("NO_PROXY").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
async fn the_api_may_be_below_a_path_and_end_in_a_slash() {
    let twilio = Twilio::start().await;
    for (below, expected) in [("", ""), ("/", ""), ("/twilio", "/twilio"), ("/twilio/", "/twilio")] {
        let sender = TwilioSender::new(settings(&format!("{}{below}", twilio.url()))).unwrap();
        let _ = sender.send(&sms()).await;
        let line = format!("POST {expected}/2010-04-01/Accounts/{SID}/Messages.json HTTP/1.1\r\n");
        let head = twilio.requests().pop().unwrap();
        assert!(head.starts_with(&line), "{head}");
    }
}

#[test]
fn plain_http_is_used_for_loopback_only() {
    for url in
        ["http://127.0.0.1:4010", "http://127.1.2.3", "http://[::1]:4010", "http://localhost", "HTTP://LocalHost/"]
    {
        assert!(refusal(|settings| settings.api_url = url.to_owned()).is_none(), "{url}");
    }
    for url in [
        "http://api.twilio.com",
        "http://192.168.0.1",
        "http://0.0.0.0",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://[::ffff:127.0.0.1]",
    ] {
        let refusal = refusal(|settings| settings.api_url = url.to_owned());
        assert!(matches!(refusal, Some(BadSettings::PlainHttp)), "{url}: {refusal:?}");
    }
}

#[test]
fn an_invalid_url_is_rejected() {
    for url in [
        "",
        "api.twilio.com",
        "ftp://api.twilio.com",
        "file:///etc/passwd",
        "data:text/plain,x",
        "https://",
        "https://user@api.twilio.com",
        "https://:password@api.twilio.com",
        "https://api.twilio.com/?a=b",
        "https://api.twilio.com/#a",
        "http://127.0.0.1@api.twilio.com",
    ] {
        let refusal = refusal(|settings| settings.api_url = url.to_owned());
        assert!(matches!(refusal, Some(BadSettings::Url)), "{url}: {refusal:?}");
    }
}

#[test]
fn an_invalid_account_or_token_is_rejected() {
    for sid in ["", "your-twilio-sid", "AC/../x", "AC 1", "ACé", &"a".repeat(65)] {
        let refusal = refusal(|settings| settings.sid = sid.to_owned());
        assert!(matches!(refusal, Some(BadSettings::Sid)), "{sid}: {refusal:?}");
    }
    assert!(matches!(refusal(|settings| settings.auth_token = "".into()), Some(BadSettings::AuthToken)));
}

#[tokio::test]
async fn messages_come_from_a_number_a_short_code_or_a_name() {
    let twilio = Twilio::start().await;
    for (from, expected) in
        [(" +1 (500) 555-0006", FROM), ("12345", "12345"), ("Example", "Example"), ("A&B Shop", "A&B Shop")]
    {
        let sender = TwilioSender::new(TwilioSettings { from: from.to_owned(), ..settings(&twilio.url()) }).unwrap();
        sender.send(&sms()).await.unwrap();
        assert_eq!(twilio.messages().pop().unwrap().from, expected);
    }
    for from in ["", " ", "12", "123456789", "15005550006", "your-twilio-phone-number", "+", "Größe", "a\nb"] {
        let refusal = refusal(|settings| settings.from = from.to_owned());
        assert!(matches!(refusal, Some(BadSettings::From)), "{from}: {refusal:?}");
    }
}

#[tokio::test]
async fn messages_come_from_a_messaging_service() {
    let twilio = Twilio::start().await;
    let service = "MG0123456789abcdef0123456789ABCDEF";
    let sender = TwilioSender::new(TwilioSettings { from: service.to_owned(), ..settings(&twilio.url()) }).unwrap();
    sender.send(&sms()).await.unwrap();
    assert_eq!(twilio.messages().pop().unwrap().from, service);
    for from in [
        "MG0123456789abcdef0123456789abcde",
        "MG0123456789abcdef0123456789abcdeg",
        "mg0123456789abcdef0123456789abcdef",
    ] {
        let refusal = refusal(|settings| settings.from = from.to_owned());
        assert!(matches!(refusal, Some(BadSettings::From)), "{from}: {refusal:?}");
    }
}

#[tokio::test]
async fn a_wait_requested_by_the_provider_is_honoured() {
    let (twilio, sender) = pair().await;
    for (said, seconds) in [("7", 7), (" 120", 120), ("Sun, 06 Nov 1994 08:49:37 GMT", 30)] {
        twilio.behave(Behaviour::Throttle(said));
        match sender.send(&sms()).await {
            Err(SendError::Throttled(cause, wait)) => {
                assert_eq!(wait, Duration::from_secs(seconds), "{said}");
                assert_eq!(cause.to_string(), "the SMS provider responded with 429, error 20429");
            }
            other => panic!("{said}: {other:?}"),
        }
    }
    for said in ["soon", "-1", "", "Sun, 06 Nov 1994 08:49:00 GMT"] {
        twilio.behave(Behaviour::Throttle(said));
        transient(sender.send(&sms()).await);
    }
}

#[tokio::test]
async fn nothing_personal_or_secret_is_printed() {
    let (twilio, sender) = pair().await;
    let (dir, clock) = (TempDir::new().unwrap(), Arc::new(ManualClock::at(Timestamp::from_secs(1_000_000_000))));
    let mailbox = DevMailbox::open(9, clock, dir.path().join("mailbox.jsonl"));
    mailbox.send(&sms()).await.unwrap();
    let settings = settings(&twilio.url());
    let printed = format!("{sender:?} {settings:?} {:?} {mailbox:?} {:?}", sms(), mailbox.list());
    for secret in [AUTH_TOKEN, "1632960001", "493817"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[tokio::test]
async fn the_development_mailbox_keeps_sms_with_their_codes() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(1_000_000_000)));
    let dir = TempDir::new().unwrap();
    let mailbox = DevMailbox::open(2, clock.clone(), dir.path().join("mailbox.jsonl"));
    let receipt = mailbox.send(&sms()).await.unwrap().unwrap();
    assert_eq!(receipt, SmsReceipt(sms().message_id));
    assert_eq!(mailbox.status(&receipt).await.unwrap(), SmsStatus::Delivered);
    let [kept] = mailbox.list().try_into().unwrap();
    assert_eq!((kept.id, kept.channel), (sms().message_id, MailboxChannel::Sms));
    assert_eq!((kept.to.as_str(), kept.text), (TO, sms().text));
    assert_eq!((kept.subject.as_str(), kept.html.as_str(), kept.links), ("", "", Vec::new()));
    assert_eq!(kept.code, Some(sms().code));
    assert_eq!(kept.created_at, clock.now());
}
