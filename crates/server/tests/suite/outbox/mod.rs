//! Email delivery with a mail server that is unavailable, rejects, drops emails or hangs.

mod content;
mod delivery;
mod links;
mod retries;
mod servers;

use std::time::Duration;

use portcullis_core::port::OutboxState;

use crate::support::{
    BEGIN, TestApp,
    smtp::{Message, Options, SmtpServer},
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const NO_SUCH_USER: &str = "550 5.1.1 No such user";

/// Starts a mail server, and an application that sends its emails to it.
async fn pair(settings: &[(&str, &str)]) -> (SmtpServer, TestApp) {
    let server = SmtpServer::start(Options::default()).await;
    let port = server.port().to_string();
    let mut all = vec![("MAIL_SERVER", "127.0.0.1"), ("MAIL_PORT", &port), ("MAIL_STARTTLS", "false")];
    all.extend(settings);
    let app = TestApp::with(&all).await;
    (server, app)
}

/// Returns the outbox state of a stopped application.
async fn outbox(app: &TestApp) -> OutboxState {
    app.store().await.outbox_state(BEGIN).await.unwrap()
}

fn to<'a>(mails: &'a [Message], email: &str) -> Vec<&'a Message> {
    mails.iter().filter(|mail| mail.to == [email]).collect()
}

/// Returns the link to this page in an email.
fn link(mail: &Message, page: &str) -> String {
    let wanted = format!("/{page}?token=");
    mail.links().into_iter().find(|link| link.contains(&wanted)).expect("a link")
}

/// Returns the number of SMTP commands with this name.
fn count(server: &SmtpServer, verb: &str) -> usize {
    server.commands().iter().filter(|command| command.line.starts_with(verb)).count()
}
