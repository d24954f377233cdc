//! Mail servers, and the expected outcome of an email to each. `docs/mail.md` contains the same table.

use std::time::Duration;

use crate::support::scripted::{
    Act::{Close, Hang, Late, Leave, Say},
    Script,
};

const GOOD: Script = Script::GOOD;

/// Outcome of an email.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Sent,
    Dead,
    /// Still queued at the end of the test.
    Waits,
}

use Fate::{Dead, Sent, Waits};

/// A server, and the expected outcome of an email to it.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) script: Script,
    /// Number of copies that the server accepts.
    pub(super) copies: usize,
    /// Minimum and maximum number of connections.
    pub(super) tries: (usize, usize),
    /// Log message for the operator at the first attempt.
    pub(super) told: Option<&'static str>,
    pub(super) fate: Fate,
    /// Number of simulated hours.
    pub(super) hours: u32,
}

/// Attempts for an email or a route within 25 hours: seconds apart at first, then up to a quarter of an hour.
const A_DAY: (usize, usize) = (90, 220);

const fn row(name: &'static str, script: Script) -> Row {
    Row { name, script, copies: 1, tries: (1, 1), told: None, fate: Sent, hours: 25 }
}

/// Servers that accept the email, each in its own way.
pub(super) fn that_accept() -> Vec<Row> {
    const ODD: &[u8] = b"250 Danke f\xfcr \xff\xfe die Nachricht";
    let bare = Script {
        greeting: Say(b"220"),
        ehlo: Say(b"250-\r\n250-AUTH PLAIN\r\n250"),
        auth: Say(b"235"),
        mail: Say(b"250"),
        rcpt: Say(b"250"),
        data: Say(b"354"),
        end: Say(b"250"),
        ..GOOD
    };
    let not_utf8 = Script {
        greeting: Say(b"220 M\xfcnchen"),
        ehlo: Say(b"250-\xff\r\n250-\xfe\r\n250 AUTH PLAIN"),
        auth: Say(b"235 \xe4"),
        mail: Say(ODD),
        rcpt: Say(ODD),
        end: Say(ODD),
        ..GOOD
    };
    vec![
        row("usual", GOOD),
        row("bare codes", bare),
        row("a bare 250 to EHLO", Script { ehlo: Say(b"250"), ..GOOD }),
        row("keywords in lower case", Script { ehlo: Say(b"250-x\r\n250-8bitmime\r\n250 auth login plain"), ..GOOD }),
        row("AUTH=PLAIN", Script { ehlo: Say(b"250-x\r\n250 AUTH=PLAIN LOGIN"), ..GOOD }),
        row("bytes that are not UTF-8", not_utf8),
        row("only HELO", Script { ehlo: Say(b"500 unknown command"), ..GOOD }),
        row("EHLO refused, HELO served", Script { ehlo: Say(b"550 no"), ..GOOD }),
        row("a greeting of several lines", Script { greeting: Say(b"220-hello\r\n220-stranger\r\n220 x"), ..GOOD }),
        row("a late last reply", Script { end: Late(Duration::from_millis(1500), b"250 queued"), ..GOOD }),
        row("closes after the last reply", Script { end: Leave(b"250 queued"), ..GOOD }),
        row("251 at RCPT", Script { rcpt: Say(b"251 will forward"), ..GOOD }),
    ]
}

/// Servers that reject this server itself.
pub(super) fn that_reject_the_sender() -> Vec<Row> {
    let route = |reason, script| Row { told: Some(reason), copies: 0, fate: Dead, tries: A_DAY, ..row(reason, script) };
    vec![
        route("554 to the connection", Script { greeting: Say(b"554 no"), ..GOOD }),
        route("550 to EHLO", Script { ehlo: Say(b"550 no"), helo: Say(b"550 no"), ..GOOD }),
        route("535 5.7.8 to AUTH", Script { auth: Say(b"535 5.7.8 wrong"), ..GOOD }),
        route("454 4.7.0 to AUTH", Script { auth: Say(b"454 4.7.0 not now"), ..GOOD }),
        route("offers neither PLAIN nor LOGIN", Script { ehlo: Say(b"250-x\r\n250 8BITMIME"), ..GOOD }),
        route("550 5.7.1 to MAIL", Script { mail: Say(b"550 5.7.1 not your address"), ..GOOD }),
        route("530 5.7.0 to MAIL", Script { mail: Say(b"530 5.7.0 log in"), ..GOOD }),
        route("530 5.7.0 to RCPT", Script { rcpt: Say(b"530 5.7.0 log in"), ..GOOD }),
    ]
}

/// Servers that reject the email permanently.
pub(super) fn that_reject_the_mail() -> Vec<Row> {
    let dead = |name, script| Row { told: Some("mail rejected"), copies: 0, fate: Dead, ..row(name, script) };
    vec![
        dead("550, bare", Script { rcpt: Say(b"550"), ..GOOD }),
        dead("550 5.1.1 at RCPT", Script { rcpt: Say(b"550 5.1.1 unknown"), ..GOOD }),
        dead("554 5.7.1 at RCPT", Script { rcpt: Say(b"554 5.7.1 no"), ..GOOD }),
        dead("554 at DATA", Script { data: Say(b"554 no"), ..GOOD }),
        dead("552 at the end", Script { end: Say(b"552 too big"), accepts: false, ..GOOD }),
    ]
}

/// Servers that reject the email temporarily, or stop responding before they have received it.
pub(super) fn that_put_it_off() -> Vec<Row> {
    let later = |name, script| Row {
        told: Some("mail delivery failed"),
        copies: 0,
        fate: Dead,
        tries: A_DAY,
        ..row(name, script)
    };
    let hang =
        |name, script| Row { fate: Waits, told: Some("took too long"), hours: 0, tries: (1, 1), ..later(name, script) };
    vec![
        later("421 at the greeting", Script { greeting: Say(b"421 busy"), ..GOOD }),
        later("closes immediately", Script { greeting: Close, ..GOOD }),
        later("greets with nonsense", Script { greeting: Say(b"SSH-2.0-OpenSSH_9.9"), ..GOOD }),
        later("closes after EHLO", Script { ehlo: Close, ..GOOD }),
        later("451 at MAIL", Script { mail: Say(b"451 later"), ..GOOD }),
        later("421 at MAIL", Script { mail: Leave(b"421 later"), ..GOOD }),
        later("450 at RCPT", Script { rcpt: Say(b"450 4.2.0 greylisted"), ..GOOD }),
        later("closes after RCPT", Script { rcpt: Close, ..GOOD }),
        later("451 at DATA", Script { data: Say(b"451 later"), ..GOOD }),
        later("closes after DATA", Script { data: Close, ..GOOD }),
        later("451 at the end", Script { end: Say(b"451 later"), accepts: false, ..GOOD }),
        hang("says nothing", Script { greeting: Hang, ..GOOD }),
        hang("says nothing after RCPT", Script { rcpt: Hang, ..GOOD }),
    ]
}

/// Servers that have received the whole email and do not confirm it.
pub(super) fn that_leave_it_open() -> Vec<Row> {
    let open = |name, end| Row {
        told: Some("mail outcome unknown"),
        copies: 3,
        fate: Dead,
        tries: (3, 3),
        ..row(name, Script { end, ..GOOD })
    };
    let mut rows = vec![
        open("takes it and closes", Close),
        open("takes it and says nothing", Hang),
        open("takes it and sends an invalid reply", Say(b"thanks")),
        open("takes it and says 354", Say(b"354 more")),
    ];
    let refuses = Script { end: Close, accepts: false, ..GOOD };
    rows.push(Row { script: refuses, copies: 0, ..open("loses it and closes", Close) });
    rows
}
