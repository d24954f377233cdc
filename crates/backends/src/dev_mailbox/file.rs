//! File that persists the messages across restarts, as one JSON object per line.

use std::{
    collections::VecDeque,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::PathBuf,
};

use portcullis_core::{
    clock::Timestamp,
    message::{Delivered, MailboxChannel},
};
use serde::{Deserialize, Serialize};

/// File of a mailbox. If it cannot be written, the messages are kept in memory only.
#[derive(Debug)]
pub(super) struct MailboxFile {
    path: PathBuf,
    /// Number of lines in the file.
    lines: usize,
    newest: usize,
    has_failed: bool,
}

impl MailboxFile {
    /// Reads the newest messages of a file, which may be missing. Nothing is created yet.
    pub(super) fn open(path: PathBuf, newest: usize) -> (Self, VecDeque<Delivered>) {
        let text = fs::read_to_string(&path).unwrap_or_default();
        // The last line may be incomplete if the process was killed.
        let messages: Vec<Delivered> =
            text.lines().filter_map(|line| serde_json::from_str::<StoredMessage>(line).ok()?.read()).collect();
        let is_whole = text.is_empty() || text.ends_with('\n');
        // The file does not end with a newline. It must be rewritten, because the next message would otherwise be
        // appended to the incomplete line.
        let lines = if is_whole { text.lines().count() } else { usize::MAX };
        let file = Self { path, lines, newest, has_failed: false };
        (file, messages.into_iter().rev().take(newest).collect())
    }

    /// Appends the newest message, or rewrites the file if it has become too long.
    pub(super) fn append(&mut self, messages: &VecDeque<Delivered>) {
        let written = match messages.front() {
            Some(message) if self.lines < 2 * self.newest => {
                self.lines += 1;
                self.write(OpenOptions::new().append(true), std::iter::once(message))
            }
            _ => {
                self.lines = messages.len();
                self.write(OpenOptions::new().truncate(true), messages.iter().rev())
            }
        };
        if let Err(error) = written
            && !std::mem::replace(&mut self.has_failed, true)
        {
            tracing::warn!(path = %self.path.display(), %error, "development mailbox not saved");
        }
    }

    fn write<'a>(&self, options: &mut OpenOptions, messages: impl Iterator<Item = &'a Delivered>) -> io::Result<()> {
        let mut lines = Vec::new();
        for message in messages {
            serde_json::to_writer(&mut lines, &StoredMessage::of(message))?;
            lines.push(b'\n');
        }
        if let Some(folder) = self.path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut file: File = options.create(true).write(true).mode(0o600).open(&self.path)?;
        file.write_all(&lines)
    }
}

#[derive(Serialize, Deserialize)]
struct StoredMessage {
    id: String,
    channel: String,
    to: String,
    subject: String,
    text: String,
    html: String,
    links: Vec<String>,
    code: Option<String>,
    created_at: i64,
    withheld: Option<String>,
}

impl StoredMessage {
    fn of(message: &Delivered) -> Self {
        let Delivered { id, channel, to, subject, text, html, links, code, created_at, withheld } = message.clone();
        let (channel, created_at) = (channel.as_str().to_owned(), created_at.millis());
        Self { id, channel, to, subject, text, html, links, code, created_at, withheld }
    }

    /// Returns the message. Returns `None` for an unknown channel, written by a later version.
    fn read(self) -> Option<Delivered> {
        let Self { id, channel, to, subject, text, html, links, code, created_at, withheld } = self;
        let channel = MailboxChannel::parse(&channel)?;
        let created_at = Timestamp::from_millis(created_at);
        Some(Delivered { id, channel, to, subject, text, html, links, code, created_at, withheld })
    }
}
