//! A scripted mail server, whose replies at each point of a conversation can be set.
//!
//! Included by path in the tests of several crates.
#![allow(dead_code, unreachable_pub, reason = "shared by test binaries, each of which uses a part of it")]

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::sleep,
};

/// Action of the server at one point.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    /// Sends this reply. Lines end with CRLF, which is appended to the last one.
    Say(&'static [u8]),
    /// Sends this reply after a delay.
    Late(Duration, &'static [u8]),
    /// Sends this reply and closes the connection.
    Leave(&'static [u8]),
    /// Closes the connection without a reply.
    Close,
    /// Sends nothing more.
    Hang,
}

use Act::Say;

/// Action of the server at each point, and whether it keeps a message that was sent completely.
#[derive(Debug, Clone, Copy)]
pub struct Script {
    pub greeting: Act,
    pub ehlo: Act,
    pub helo: Act,
    pub starttls: Act,
    pub auth: Act,
    pub mail: Act,
    /// Action for MAIL on a connection that has already carried a message.
    pub next_mail: Option<Act>,
    pub rcpt: Act,
    pub data: Act,
    pub end: Act,
    pub accepts: bool,
}

impl Script {
    /// A server that works correctly.
    pub const GOOD: Self = Self {
        greeting: Say(b"220 mail.example.net ESMTP"),
        ehlo: Say(b"250-mail.example.net\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN"),
        helo: Say(b"250 mail.example.net"),
        starttls: Say(b"220 go ahead"),
        auth: Say(b"235 2.7.0 welcome"),
        mail: Say(b"250 2.1.0 ok"),
        next_mail: None,
        rcpt: Say(b"250 2.1.5 ok"),
        data: Say(b"354 go ahead"),
        end: Say(b"250 2.0.0 queued"),
        accepts: true,
    };
}

/// Events recorded by the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Events {
    pub connections: usize,
    /// First words of the commands.
    pub commands: Vec<String>,
    /// Recipients of the accepted messages, one for each copy.
    pub copies: Vec<String>,
}

impl Events {
    pub fn count(&self, verb: &str) -> usize {
        self.commands.iter().filter(|command| *command == verb).count()
    }
}

/// A running server, stopped on drop.
#[derive(Debug)]
pub struct ScriptedServer {
    port: u16,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

#[derive(Debug)]
struct Shared {
    script: Mutex<Script>,
    events: Mutex<Events>,
}

impl ScriptedServer {
    /// Starts a server on a free port of 127.0.0.1.
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared { script: Mutex::new(script), events: Mutex::default() });
        let (mut tasks, of_all) = (JoinSet::new(), Arc::clone(&shared));
        tasks.spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let session = Session { socket, heard: Vec::new(), has_carried: false, shared: Arc::clone(&of_all) };
                sessions.spawn(async move { drop(session.run().await) });
            }
        });
        Self { port, shared, _tasks: tasks }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Uses this script from now on.
    pub fn play(&self, script: Script) {
        *self.shared.script.lock().unwrap() = script;
    }

    pub fn events(&self) -> Events {
        self.shared.events.lock().unwrap().clone()
    }
}

struct Session {
    socket: TcpStream,
    heard: Vec<u8>,
    has_carried: bool,
    shared: Arc<Shared>,
}

impl Session {
    async fn run(mut self) -> io::Result<()> {
        self.events().connections += 1;
        self.act(self.script().greeting).await?;
        let mut to = String::new();
        loop {
            let line = self.hear().await?;
            let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            self.events().commands.push(verb.clone());
            let script = self.script();
            match verb.as_str() {
                "EHLO" => self.act(script.ehlo).await?,
                "HELO" => self.act(script.helo).await?,
                "STARTTLS" => self.act(script.starttls).await?,
                "AUTH" => self.act(script.auth).await?,
                "MAIL" => self.act(script.next_mail.filter(|_| self.has_carried).unwrap_or(script.mail)).await?,
                "RCPT" => {
                    to = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                    self.act(script.rcpt).await?;
                }
                "DATA" => {
                    self.act(script.data).await?;
                    if matches!(script.data, Say(b"354 go ahead" | b"354")) {
                        self.message(&script, &to).await?;
                    }
                }
                "QUIT" => return self.say(b"221 bye").await,
                _ => self.say(b"502 unknown").await?,
            }
        }
    }

    async fn message(&mut self, script: &Script, to: &str) -> io::Result<()> {
        while self.hear().await? != "." {}
        if script.accepts {
            self.events().copies.push(to.to_owned());
        }
        self.has_carried = true;
        self.act(script.end).await
    }

    async fn act(&mut self, act: Act) -> io::Result<()> {
        match act {
            Say(text) => self.say(text).await,
            Act::Late(wait, text) => {
                sleep(wait).await;
                self.say(text).await
            }
            Act::Leave(text) => {
                self.say(text).await?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Act::Close => Err(io::ErrorKind::ConnectionAborted.into()),
            Act::Hang => std::future::pending().await,
        }
    }

    async fn say(&mut self, text: &[u8]) -> io::Result<()> {
        let line = [text, b"\r\n"].concat();
        self.socket.write_all(line.as_slice()).await
    }

    /// Reads a line without its line ending.
    async fn hear(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.heard.windows(2).position(|pair| pair == b"\r\n") {
                let rest = self.heard.split_off(end + 2);
                let line = std::mem::replace(&mut self.heard, rest);
                return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            if self.socket.read_buf(&mut self.heard).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    fn script(&self) -> Script {
        *self.shared.script.lock().unwrap()
    }

    fn events(&self) -> MutexGuard<'_, Events> {
        self.shared.events.lock().unwrap()
    }
}
