//! A small mail server for tests. It speaks SMTP over TCP, accepts all mail, and fails on request.
//!
//! Included by path in the tests of several crates.
#![allow(dead_code, unreachable_pub, reason = "shared by test binaries, each of which uses a part of it")]

mod message;

use std::{
    future::poll_fn,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

pub use message::Message;
use message::base64;

/// Root certificate of the server's certificate for `localhost`, `127.0.0.1` and `::1`.
pub const CA_PEM: &[u8] = include_bytes!("certs/ca.pem");
const CERTIFICATE_PEM: &[u8] = include_bytes!("certs/server.pem");
const KEY_PEM: &[u8] = include_bytes!("certs/server.key");

/// Maximum time that a test waits for mail.
const PATIENCE: Duration = Duration::from_secs(10);

/// Encryption of the connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Security {
    /// No encryption; STARTTLS is not offered.
    #[default]
    Plain,
    /// STARTTLS is offered, and required before anything else.
    StartTls,
    /// TLS from the first byte.
    ImplicitTls,
}

/// Options of the SMTP server.
#[derive(Debug, Clone)]
pub struct Options {
    pub security: Security,
    /// Required user name and password.
    pub credentials: Option<(String, String)>,
    /// Offered authentication mechanisms.
    pub mechanisms: &'static str,
}

impl Default for Options {
    fn default() -> Self {
        Self { security: Security::default(), credentials: None, mechanisms: "PLAIN LOGIN" }
    }
}

/// Behaviour for further mails.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// Accepts all mails.
    #[default]
    Accept,
    /// Closes every new connection without a reply.
    Refuse,
    /// Sends this reply to every recipient, such as `550 5.1.1 No such user`.
    RejectRecipient(String),
    /// Sends this reply after the complete message, and discards it.
    RejectMessage(String),
    /// Never replies to MAIL.
    Hang,
    /// Accepts a message and closes the connection without a reply.
    DropAfterData,
    /// Sends extra lines before the TLS handshake, as an attacker on the network could.
    InjectAtStartTls,
}

/// A line sent by a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    pub encrypted: bool,
    pub line: String,
}

/// A running server, stopped on drop.
#[derive(Debug)]
pub struct SmtpServer {
    port: u16,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

struct Shared {
    options: Options,
    acceptor: TlsAcceptor,
    arrived: Notify,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    behaviour: Behaviour,
    messages: Vec<Message>,
    commands: Vec<Command>,
    connections: usize,
}

impl SmtpServer {
    /// Starts a server on a free port of 127.0.0.1.
    pub async fn start(options: Options) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared =
            Arc::new(Shared { options, acceptor: acceptor(), arrived: Notify::new(), state: Mutex::default() });
        let mut tasks = JoinSet::new();
        tasks.spawn(listen(listener, Arc::clone(&shared)));
        Self { port, shared, _tasks: tasks }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sets the behaviour from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        self.shared.state().behaviour = behaviour;
    }

    /// Returns the accepted messages, oldest first.
    pub fn messages(&self) -> Vec<Message> {
        self.shared.state().messages.clone()
    }

    /// Returns every line received, except for the messages themselves.
    pub fn commands(&self) -> Vec<Command> {
        self.shared.state().commands.clone()
    }

    /// Returns the number of connections so far.
    pub fn connections(&self) -> usize {
        self.shared.state().connections
    }

    /// Waits until this number of messages has been accepted in total, and returns them.
    ///
    /// # Panics
    /// Panics if they do not arrive in time.
    pub async fn wait_for(&self, count: usize) -> Vec<Message> {
        let enough = async {
            loop {
                let arrived = self.shared.arrived.notified();
                if self.messages().len() >= count {
                    return self.messages();
                }
                arrived.await;
            }
        };
        let in_time = tokio::time::timeout(PATIENCE, enough).await;
        in_time.unwrap_or_else(|_| panic!("{} messages came, not {count}", self.messages().len()))
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn behaviour(&self) -> Behaviour {
        self.state().behaviour.clone()
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.state.fmt(f)
    }
}

fn acceptor() -> TlsAcceptor {
    let chain = CertificateDer::pem_slice_iter(CERTIFICATE_PEM).collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY_PEM).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    let mut sessions = JoinSet::new();
    while let Ok((socket, _)) = listener.accept().await {
        shared.state().connections += 1;
        if shared.behaviour() != Behaviour::Refuse {
            // A client that disconnects ends its session with an error, which is ignored.
            let session = serve(socket, Arc::clone(&shared));
            sessions.spawn(async move { drop(session.await) });
        }
    }
}

async fn serve(socket: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    let encrypted = shared.options.security == Security::ImplicitTls;
    let stream: Box<dyn Stream> =
        if encrypted { Box::new(shared.acceptor.accept(socket).await?) } else { Box::new(socket) };
    let session = Session {
        stream: Some(stream),
        heard: Vec::new(),
        encrypted,
        user: None,
        from: String::new(),
        to: Vec::new(),
        shared,
    };
    session.run().await
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

struct Session {
    /// Absent only while the connection is upgraded to TLS.
    stream: Option<Box<dyn Stream>>,
    /// Bytes received but not yet parsed.
    heard: Vec<u8>,
    encrypted: bool,
    user: Option<String>,
    from: String,
    to: Vec<String>,
    shared: Arc<Shared>,
}

impl Session {
    async fn run(mut self) -> io::Result<()> {
        self.say("220 localhost ESMTP").await?;
        loop {
            let line = self.hear().await?;
            let (encrypted, heard) = (self.encrypted, line.clone());
            self.shared.state().commands.push(Command { encrypted, line: heard });
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => self.hello().await?,
                "STARTTLS" if self.offers_tls() => self.start_tls().await?,
                "NOOP" => self.say("250 2.0.0 Ok").await?,
                "QUIT" => return self.say("221 2.0.0 Bye").await,
                _ if self.offers_tls() => self.say("530 5.7.0 Must issue a STARTTLS command first").await?,
                "AUTH" => self.log_in(rest).await?,
                _ if self.shared.options.credentials.is_some() && self.user.is_none() => {
                    self.say("530 5.7.0 Authentication required").await?;
                }
                "MAIL" => self.sender(rest).await?,
                "RCPT" => self.recipient(rest).await?,
                "DATA" => self.message().await?,
                _ => self.say("502 5.5.1 Never heard of it").await?,
            }
        }
    }

    fn offers_tls(&self) -> bool {
        self.shared.options.security == Security::StartTls && !self.encrypted
    }

    async fn hello(&mut self) -> io::Result<()> {
        let mut answer = String::from("250-localhost\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n");
        if self.offers_tls() {
            answer += "250-STARTTLS\r\n";
        } else if self.shared.options.credentials.is_some() {
            answer += &format!("250-AUTH {}\r\n", self.shared.options.mechanisms);
        }
        self.say(&(answer + "250 ENHANCEDSTATUSCODES")).await
    }

    async fn start_tls(&mut self) -> io::Result<()> {
        let injected = self.shared.behaviour() == Behaviour::InjectAtStartTls;
        let more = if injected { "\r\n250 injected\r\n250 injected" } else { "" };
        self.say(&format!("220 2.0.0 Go ahead{more}")).await?;
        let plain = self.stream.take().unwrap();
        self.stream = Some(Box::new(self.shared.acceptor.accept(plain).await?));
        self.encrypted = true;
        Ok(())
    }

    async fn log_in(&mut self, how: &str) -> io::Result<()> {
        let (user, password) = match how.split_once(' ') {
            Some(("PLAIN", response)) => plain_credentials(response),
            None if how == "PLAIN" => plain_credentials(&self.ask("").await?),
            None if how == "LOGIN" => {
                let user = self.ask("VXNlcm5hbWU6").await?;
                let password = self.ask("UGFzc3dvcmQ6").await?;
                (text(&user), text(&password))
            }
            _ => return self.say("504 5.5.4 Never heard of it").await,
        };
        let known = self.shared.options.credentials.clone();
        if known.is_some_and(|known| known == (user.clone(), password)) {
            self.user = Some(user);
            self.say("235 2.7.0 Welcome").await
        } else {
            self.say("535 5.7.8 Authentication credentials invalid").await
        }
    }

    async fn sender(&mut self, parameters: &str) -> io::Result<()> {
        if self.shared.behaviour() == Behaviour::Hang {
            return std::future::pending().await;
        }
        self.from = address(parameters);
        self.to.clear();
        self.say("250 2.1.0 Ok").await
    }

    async fn recipient(&mut self, parameters: &str) -> io::Result<()> {
        if let Behaviour::RejectRecipient(answer) = self.shared.behaviour() {
            return self.say(&answer).await;
        }
        self.to.push(address(parameters));
        self.say("250 2.1.5 Ok").await
    }

    async fn message(&mut self) -> io::Result<()> {
        self.say("354 Go ahead").await?;
        let mut raw = String::new();
        loop {
            let line = self.hear().await?;
            if line == "." {
                break;
            }
            raw += line.strip_prefix('.').unwrap_or(&line);
            raw += "\r\n";
        }
        let behaviour = self.shared.behaviour();
        if let Behaviour::RejectMessage(answer) = behaviour {
            return self.say(&answer).await;
        }
        self.shared.state().messages.push(Message {
            from: self.from.clone(),
            to: self.to.clone(),
            raw,
            user: self.user.clone(),
            encrypted: self.encrypted,
        });
        self.shared.arrived.notify_waiters();
        if behaviour == Behaviour::DropAfterData {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        self.say("250 2.0.0 Taken").await
    }

    async fn ask(&mut self, challenge: &str) -> io::Result<String> {
        self.say(&format!("334 {challenge}")).await?;
        self.hear().await
    }

    async fn say(&mut self, line: &str) -> io::Result<()> {
        let stream = self.stream.as_mut().unwrap();
        let line = format!("{line}\r\n");
        let mut rest = line.as_bytes();
        while !rest.is_empty() {
            let written = poll_fn(|cx| Pin::new(&mut *stream).poll_write(cx, rest)).await?;
            rest = &rest[written..];
        }
        poll_fn(|cx| Pin::new(&mut *stream).poll_flush(cx)).await
    }

    /// Reads a line without its line ending. A bare line feed is kept, so that tests detect it.
    async fn hear(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.heard.windows(2).position(|pair| pair == b"\r\n") {
                let rest = self.heard.split_off(end + 2);
                let mut line = std::mem::replace(&mut self.heard, rest);
                line.truncate(end);
                return String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData.into());
            }
            let mut chunk = [0; 4096];
            let mut chunk = ReadBuf::new(&mut chunk);
            let stream = self.stream.as_mut().unwrap();
            poll_fn(|cx| Pin::new(&mut *stream).poll_read(cx, &mut chunk)).await?;
            if chunk.filled().is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.heard.extend_from_slice(chunk.filled());
        }
    }
}

/// Returns the text between the angle brackets.
fn address(parameters: &str) -> String {
    let inside = parameters.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or_else(String::new, |(address, _)| address.to_owned())
}

fn text(encoded: &str) -> String {
    String::from_utf8(base64(encoded)).unwrap_or_default()
}

/// Parses user name and password from `\0user\0password` (RFC 4616).
fn plain_credentials(response: &str) -> (String, String) {
    let decoded = text(response);
    let mut parts = decoded.split('\0').skip(1).map(str::to_owned);
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}
