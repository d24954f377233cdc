//! The development mailbox.

mod file;

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use portcullis_core::{
    clock::Clock,
    message::{Delivered, Mail, MailboxChannel, Sms},
    port::{MailSender, Mailbox, SendError, SmsReceipt, SmsSender, SmsStatus, Transit},
};
use tokio::sync::watch;

use self::file::MailboxFile;

/// Development mailbox: stores the newest messages instead of sending them.
#[derive(Debug)]
pub struct DevMailbox {
    newest: usize,
    clock: Arc<dyn Clock>,
    messages: Mutex<Messages>,
    /// Number of changes. Wakes callers that wait for a change.
    changes: watch::Sender<u64>,
}

/// Messages, newest first, and their file.
#[derive(Debug)]
struct Messages {
    list: VecDeque<Delivered>,
    file: MailboxFile,
}

impl DevMailbox {
    /// Opens a mailbox that stores up to this number of messages in a file, which may be missing.
    #[must_use]
    pub fn open(newest: usize, clock: Arc<dyn Clock>, file: PathBuf) -> Self {
        let (file, list) = MailboxFile::open(file, newest);
        Self { newest, clock, messages: Mutex::new(Messages { list, file }), changes: watch::Sender::default() }
    }

    fn change(&self, change: impl FnOnce(&mut VecDeque<Delivered>)) {
        let mut messages = self.lock();
        let Messages { list, file } = &mut *messages;
        change(list);
        file.append(list);
        drop(messages);
        self.changes.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, Messages> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Mailbox for DevMailbox {
    fn list(&self) -> Vec<Delivered> {
        self.lock().list.iter().cloned().collect()
    }

    fn keep(&self, message: Delivered) {
        self.change(|messages| {
            messages.push_front(message);
            messages.truncate(self.newest);
        });
    }

    fn clear(&self) {
        self.change(VecDeque::clear);
    }

    async fn changed(&self, since: Option<u64>) -> u64 {
        let mut changes = self.changes.subscribe();
        // Fails only if the sender is dropped, which `self` owns.
        changes.wait_for(|count| Some(*count) != since).await.map_or(0, |count| *count)
    }
}

#[async_trait]
impl MailSender for DevMailbox {
    async fn send(&self, mail: &Mail, _transit: &Transit) -> Result<(), SendError> {
        self.keep(Delivered {
            id: mail.message_id.clone(),
            channel: MailboxChannel::Mail,
            to: mail.to.as_str().to_owned(),
            subject: mail.subject.clone(),
            text: mail.text.clone(),
            html: mail.html.clone(),
            links: mail.links.clone(),
            code: mail.code.clone(),
            created_at: self.clock.now(),
            withheld: None,
        });
        Ok(())
    }
}

#[async_trait]
impl SmsSender for DevMailbox {
    async fn send(&self, sms: &Sms) -> Result<Option<SmsReceipt>, SendError> {
        self.keep(Delivered {
            id: sms.message_id.clone(),
            channel: MailboxChannel::Sms,
            to: sms.to.as_str().to_owned(),
            subject: String::new(),
            text: sms.text.clone(),
            html: String::new(),
            links: Vec::new(),
            code: Some(sms.code.clone()),
            created_at: self.clock.now(),
            withheld: None,
        });
        Ok(Some(SmsReceipt(sms.message_id.clone())))
    }

    async fn status(&self, _: &SmsReceipt) -> Result<SmsStatus, SendError> {
        Ok(SmsStatus::Delivered)
    }
}
