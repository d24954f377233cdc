//! An SMTP conversation, command by command. The library handles I/O and authentication. This module determines the
//! order of commands and the meaning of replies.

use std::time::Duration;

use mail_send::{Credentials, SmtpClient};
use portcullis_core::{ExposeSecret, SecretString};
use smtp_proto::{AUTH_LOGIN, AUTH_PLAIN, EhloResponse, Response};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

use super::{
    compose::Letter,
    failure::{SmtpFailure, Stage},
    tls::Tls,
};

/// Timeout of QUIT.
const FAREWELL: Duration = Duration::from_secs(1);

/// A bidirectional byte stream, encrypted or not.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection after the server's greeting.
pub(super) struct Connection {
    client: SmtpClient<Box<dyn Stream>>,
    /// Name of this server in EHLO.
    helo: String,
    extensions: Extensions,
}

/// SMTP extensions used by this client.
#[derive(Debug, Default)]
struct Extensions {
    starttls: bool,
    smtputf8: bool,
    eight_bit_mime: bool,
    auth_plain: bool,
    auth_login: bool,
}

impl Extensions {
    /// Parses the reply to EHLO. The first line is the server's name. Keywords are case-insensitive (RFC 5321 §2.4).
    fn read(reply: &str) -> Self {
        let mut offered = Self::default();
        for line in reply.lines().skip(1) {
            // Some old servers send `AUTH=LOGIN`.
            let mut words = line.split([' ', '\t', '=', '\r']).map(str::to_ascii_uppercase);
            match words.next().as_deref() {
                Some("STARTTLS") => offered.starttls = true,
                Some("SMTPUTF8") => offered.smtputf8 = true,
                Some("8BITMIME") => offered.eight_bit_mime = true,
                Some("AUTH") => words.for_each(|mechanism| {
                    offered.auth_plain |= mechanism == "PLAIN";
                    offered.auth_login |= mechanism == "LOGIN";
                }),
                _ => {}
            }
        }
        offered
    }
}

impl Connection {
    /// Reads the server's greeting and sends EHLO.
    pub(super) async fn greeted(stream: Box<dyn Stream>, helo: String, timeout: Duration) -> Result<Self, SmtpFailure> {
        let mut client = SmtpClient { stream, timeout };
        let greeting = client.read().await?;
        positive(Stage::Greeting, greeting)?;
        let mut connection = Self { client, helo, extensions: Extensions::default() };
        connection.introduce().await?;
        Ok(connection)
    }

    /// Sends EHLO, or HELO if the server does not support EHLO.
    async fn introduce(&mut self) -> Result<(), SmtpFailure> {
        let reply = self.command(&format!("EHLO {}", self.helo)).await?;
        if (500..600).contains(&reply.code) {
            self.extensions = Extensions::default();
            let reply = self.command(&format!("HELO {}", self.helo)).await?;
            return positive(Stage::Hello, reply);
        }
        self.extensions = Extensions::read(&reply.message);
        positive(Stage::Hello, reply)
    }

    /// Upgrades to TLS. There is no fallback to plain text: if the server does not offer STARTTLS, nothing is sent.
    pub(super) async fn secured(mut self, tls: &Tls) -> Result<Self, SmtpFailure> {
        if !self.extensions.starttls {
            self.quit().await;
            return Err(SmtpFailure::NoStartTls);
        }
        let reply = self.command("STARTTLS").await?;
        positive(Stage::StartTls, reply)?;
        let SmtpClient { stream, timeout } = self.client;
        let client = SmtpClient { stream: tls.over(stream).await?, timeout };
        let mut connection = Self { client, ..self };
        // Extensions offered before TLS must be discarded (RFC 3207 §4.2).
        connection.introduce().await?;
        Ok(connection)
    }

    /// Logs in with a single mechanism, so that a wrong password is sent only once.
    pub(super) async fn log_in(&mut self, user: &str, password: &SecretString) -> Result<(), SmtpFailure> {
        let auth_mechanisms = match &self.extensions {
            Extensions { auth_plain: true, .. } => AUTH_PLAIN,
            Extensions { auth_login: true, .. } => AUTH_LOGIN,
            _ => return Err(SmtpFailure::NoLogin),
        };
        let offered = EhloResponse { auth_mechanisms, ..EhloResponse::default() };
        let credentials = Credentials::new(user, password.expose_secret());
        let outcome = self.client.authenticate(credentials, offered).await.map(|_| ());
        outcome.map_err(|error| match error {
            mail_send::Error::AuthenticationFailed(reply) => SmtpFailure::refused(Stage::Auth, &reply),
            mail_send::Error::Auth(_) => SmtpFailure::NoLogin,
            other => other.into(),
        })
    }

    /// Sends MAIL, RCPT and DATA.
    pub(super) async fn offer(&mut self, letter: &Letter) -> Result<(), SmtpFailure> {
        let mut parameters = String::new();
        if letter.needs_smtputf8() {
            if !self.extensions.smtputf8 {
                return Err(if letter.from.is_ascii() { SmtpFailure::NoUtf8 } else { SmtpFailure::NoUtf8Sender });
            }
            parameters += if self.extensions.eight_bit_mime { " SMTPUTF8 BODY=8BITMIME" } else { " SMTPUTF8" };
        }
        let reply = self.command(&format!("MAIL FROM:<{}>{parameters}", letter.from)).await?;
        let stage = if parameters.is_empty() { Stage::Mail } else { Stage::MailUtf8 };
        positive(stage, reply)?;
        let reply = self.command(&format!("RCPT TO:<{}>", letter.to)).await?;
        positive(Stage::Rcpt, reply)?;
        let reply = self.command("DATA").await?;
        if reply.code == 354 { Ok(()) } else { Err(SmtpFailure::refused(Stage::Data, &reply)) }
    }

    /// Sends the message and its final dot. From the first byte on, a failure leaves it unknown whether the server
    /// accepted the message.
    pub(super) async fn transmit(&mut self, letter: &Letter) -> Result<(), SmtpFailure> {
        self.client.write_message(&letter.bytes).await.map_err(|error| SmtpFailure::Broken(error.to_string()))
    }

    /// Reads the reply to the message.
    pub(super) async fn verdict(&mut self) -> Result<(), SmtpFailure> {
        let reply = self.client.read().await.map_err(|error| match error {
            mail_send::Error::Io(error) => SmtpFailure::Broken(error.to_string()),
            _ => SmtpFailure::Unclear,
        })?;
        match reply.code {
            200..=299 => Ok(()),
            400..=599 => Err(SmtpFailure::refused(Stage::End, &reply)),
            _ => Err(SmtpFailure::Unclear),
        }
    }

    /// Sends QUIT after a rejection, so that the server does not count a lost connection.
    pub(super) async fn quit(&mut self) {
        // The result is ignored.
        drop(timeout(FAREWELL, self.client.cmd("QUIT\r\n")).await);
    }

    async fn command(&mut self, command: &str) -> Result<Response<String>, SmtpFailure> {
        Ok(self.client.cmd(format!("{command}\r\n")).await?)
    }
}

fn positive(stage: Stage, reply: Response<String>) -> Result<(), SmtpFailure> {
    if (200..300).contains(&reply.code) { Ok(()) } else { Err(SmtpFailure::refused(stage, &reply)) }
}
