//! A small Twilio server for tests. It speaks HTTP over TCP, accepts all messages for a single account, and fails on
//! request.
//!
//! Included by path in the tests of several crates.
#![allow(dead_code, unreachable_pub, reason = "shared by test binaries, each of which uses a part of it")]

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// SID of the account.
pub const SID: &str = "AC0123456789abcdef0123456789abcdef";
/// Auth token of the account.
pub const AUTH_TOKEN: &str = "the-token-of-the-account";
/// Resulting `Authorization` header (RFC 7617).
const AUTHORIZATION: &str = "Basic \
    QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjp0aGUtdG9rZW4tb2YtdGhlLWFjY291bnQ=";

/// Behaviour for further requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// Accepts messages and reports their delivery status.
    #[default]
    Accept,
    /// Responds with this status and Twilio's error code. Quotes the request, like Twilio.
    Refuse { status: u16, code: Option<u32> },
    /// Responds with 429 and this `Retry-After` value.
    Throttle(&'static str),
    /// Responds with this status and body.
    Answer { status: u16, body: String },
    /// Redirects every request to this URL.
    Redirect(String),
    /// Accepts the request and never responds.
    Hang,
    /// Closes the connection without a response.
    Close,
    /// Accepts a message and closes the connection without a response.
    CloseAfterTaking,
}

/// An accepted message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// SID of the message.
    pub sid: String,
    pub to: String,
    pub from: String,
    pub body: String,
}

/// A running server, stopped on drop.
#[derive(Debug)]
pub struct Twilio {
    port: u16,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

#[derive(Debug, Default)]
struct Shared(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    behaviour: Behaviour,
    messages: Vec<Message>,
    statuses: HashMap<String, (String, Option<u32>)>,
    requests: Vec<String>,
    connections: usize,
}

impl Twilio {
    /// Starts a server on a free port of 127.0.0.1.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::<Shared>::default();
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(listener, Arc::clone(&shared)));
        Self { port, shared, _tasks: tasks }
    }

    /// Returns its base URL, without a trailing slash.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Sets the behaviour from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.shared.state().behaviour = behaviour;
    }

    /// Returns the accepted messages, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.shared.state().messages.clone()
    }

    /// Sets the reported delivery status of a message. Defaults to `queued`.
    pub fn set_status(&self, sid: &str, status: &str, error_code: Option<u32>) {
        self.shared.state().statuses.insert(sid.to_owned(), (status.to_owned(), error_code));
    }

    /// Returns the head of every request, regardless of the response.
    pub fn requests(&self) -> Vec<String> {
        self.shared.state().requests.clone()
    }

    /// Returns the number of connections so far.
    pub fn connections(&self) -> usize {
        self.shared.state().connections
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    let mut sessions = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        shared.state().connections += 1;
        // A client that disconnects ends its session with an error, which is ignored.
        let session = serve(Connection { socket, heard: Vec::new() }, Arc::clone(&shared));
        sessions.spawn(async move { drop(session.await) });
    }
}

async fn serve(mut connection: Connection, shared: Arc<Shared>) -> io::Result<()> {
    loop {
        let request = connection.hear().await?;
        shared.state().requests.push(request.head.clone());
        let behaviour = shared.state().behaviour.clone();
        let answer = match behaviour {
            Behaviour::Accept => shared.answer(&request),
            Behaviour::Refuse { status, code } => {
                let told = format!("'{}' is not what '{}' can get", request.field("To"), request.field("Body"));
                refusal(status, code, &told)
            }
            Behaviour::Throttle(wait) => Answer {
                header: Some(("Date: Sun, 06 Nov 1994 08:49:07 GMT\r\nRetry-After", wait.to_owned())),
                ..refusal(429, Some(20429), "Too Many Requests")
            },
            Behaviour::Answer { status, body } => Answer { status, header: None, body },
            Behaviour::Redirect(place) => {
                Answer { status: 307, header: Some(("Location", place)), body: String::new() }
            }
            Behaviour::Hang => return std::future::pending().await,
            Behaviour::Close => return Ok(()),
            Behaviour::CloseAfterTaking => {
                shared.answer(&request);
                return Ok(());
            }
        };
        connection.say(&answer).await?;
    }
}

impl Shared {
    /// Returns Twilio's response (<https://www.twilio.com/docs/messaging/api/message-resource>).
    fn answer(&self, request: &Request) -> Answer {
        if request.header("Authorization") != Some(AUTHORIZATION) {
            return refusal(401, Some(20003), "Authenticate");
        }
        let (method, path) = request.target();
        match (method, path.strip_prefix(&format!("/2010-04-01/Accounts/{SID}/"))) {
            ("POST", Some("Messages.json")) => self.take(request),
            ("GET", Some(path)) => self.tell(path),
            _ => refusal(404, Some(20404), "not found"),
        }
    }

    fn take(&self, request: &Request) -> Answer {
        if request.header("Content-Type") != Some("application/x-www-form-urlencoded") {
            return refusal(415, None, "a form is needed");
        }
        let mut names: Vec<&str> = request.form.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if names != ["Body", "From", "To"] && names != ["Body", "MessagingServiceSid", "To"] {
            return refusal(400, Some(21603), "'To', a sender and 'Body' are needed, and nothing else");
        }
        let [to, from, service, body] =
            ["To", "From", "MessagingServiceSid", "Body"].map(|name| request.field(name).to_owned());
        if from.starts_with("MG") || !(service.is_empty() || service.starts_with("MG")) {
            return refusal(400, Some(21212), "Invalid From Number");
        }
        let from = from + &service;
        let mut state = self.state();
        let sid = format!("SM{:032x}", state.messages.len() + 1);
        let answer = resource(201, &sid, "queued", None);
        state.messages.push(Message { sid, to, from, body });
        answer
    }

    fn tell(&self, path: &str) -> Answer {
        let state = self.state();
        let named = |message: &&Message| path == format!("Messages/{}.json", message.sid);
        let Some(Message { sid, .. }) = state.messages.iter().find(named) else {
            return refusal(404, Some(20404), "not found");
        };
        let (status, code) = state.statuses.get(sid).cloned().unwrap_or_else(|| ("queued".to_owned(), None));
        resource(200, sid, &status, code)
    }
}

struct Answer {
    status: u16,
    header: Option<(&'static str, String)>,
    body: String,
}

fn resource(http_status: u16, sid: &str, status: &str, code: Option<u32>) -> Answer {
    let code = code.map_or_else(|| "null".to_owned(), |code| code.to_string());
    let body = format!(
        r#"{{"account_sid":"{SID}","sid":"{sid}","status":"{status}","error_code":{code},"error_message":null}}"#
    );
    Answer { status: http_status, header: None, body }
}

fn refusal(status: u16, code: Option<u32>, message: &str) -> Answer {
    let message = message.replace('\\', r"\\").replace('"', r#"\""#).replace('\n', r"\n");
    let code = code.map_or_else(String::new, |code| format!(r#""code":{code},"#));
    Answer { status, header: None, body: format!(r#"{{{code}"message":"{message}","status":{status}}}"#) }
}

struct Request {
    head: String,
    form: Vec<(String, String)>,
}

impl Request {
    /// Returns method and path.
    fn target(&self) -> (&str, &str) {
        let mut words = self.head.split_whitespace();
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }

    fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    fn field(&self, name: &str) -> &str {
        self.form.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

struct Connection {
    socket: TcpStream,
    /// Bytes received but not yet parsed.
    heard: Vec<u8>,
}

impl Connection {
    async fn hear(&mut self) -> io::Result<Request> {
        let head = loop {
            if let Some(end) = self.heard.windows(4).position(|four| four == b"\r\n\r\n") {
                break self.take(end + 4)?;
            }
            self.more().await?;
            // Everything else is TLS or unknown.
            if !self.heard[0].is_ascii_uppercase() {
                return Err(io::ErrorKind::InvalidData.into());
            }
        };
        let length = header(&head, "Content-Length").map_or(0, |length| length.parse().unwrap());
        while self.heard.len() < length {
            self.more().await?;
        }
        let body = self.take(length)?;
        let form = body.split('&').filter_map(|pair| pair.split_once('='));
        Ok(Request { form: form.map(|(name, value)| (decoded(name), decoded(value))).collect(), head })
    }

    fn take(&mut self, length: usize) -> io::Result<String> {
        let rest = self.heard.split_off(length);
        let taken = std::mem::replace(&mut self.heard, rest);
        String::from_utf8(taken).map_err(|_| io::ErrorKind::InvalidData.into())
    }

    async fn more(&mut self) -> io::Result<()> {
        match self.socket.read_buf(&mut self.heard).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    async fn say(&mut self, Answer { status, header, body }: &Answer) -> io::Result<()> {
        let header = header.as_ref().map_or_else(String::new, |(name, value)| format!("{name}: {value}\r\n"));
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status} As Told\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{header}\r\n\
             {body}"
        );
        self.socket.write_all(answer.as_bytes()).await
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    let mut values = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
    values.next()
}

/// Decodes a component of a form (<https://url.spec.whatwg.org/#urlencoded-parsing>).
fn decoded(part: &str) -> String {
    let mut bytes = part.bytes();
    let mut plain = Vec::new();
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
                u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(plain).unwrap()
}
