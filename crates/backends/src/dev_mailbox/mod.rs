use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use portcullis_core::{
    clock::Clock,
    message::{Channel, Delivered, Mail, Sms},
    port::{MailSender, Mailbox, SendError, SmsReceipt, SmsSender, SmsStatus, Transit},
};
use tokio::sync::watch;

/// Mailbox for development: keeps the newest messages in memory instead of sending them.
#[derive(Debug)]
pub struct DevMailbox {
    newest: usize,
    clock: Arc<dyn Clock>,
    messages: Mutex<VecDeque<Delivered>>,
    /// Number of changes, which wakes those who wait for one.
    changes: watch::Sender<u64>,
}

impl DevMailbox {
    /// Makes an empty mailbox that keeps this number of messages.
    #[must_use]
    pub fn new(newest: usize, clock: Arc<dyn Clock>) -> Self {
        Self { newest, clock, messages: Mutex::default(), changes: watch::Sender::default() }
    }

    fn keep(&self, message: Delivered) {
        self.change(|messages| {
            messages.push_front(message);
            messages.truncate(self.newest);
        });
    }

    fn change(&self, change: impl FnOnce(&mut VecDeque<Delivered>)) {
        change(&mut self.lock());
        self.changes.send_modify(|count| *count += 1);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Delivered>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Mailbox for DevMailbox {
    fn list(&self) -> Vec<Delivered> {
        self.lock().iter().cloned().collect()
    }

    fn clear(&self) {
        self.change(VecDeque::clear);
    }

    async fn changed(&self, since: Option<u64>) -> u64 {
        let mut changes = self.changes.subscribe();
        // Fails only when the sender is dropped, which `self` owns.
        changes.wait_for(|count| Some(*count) != since).await.map_or(0, |count| *count)
    }
}

#[async_trait]
impl MailSender for DevMailbox {
    async fn send(&self, mail: &Mail, _transit: &Transit) -> Result<(), SendError> {
        self.keep(Delivered {
            id: mail.message_id.clone(),
            channel: Channel::Mail,
            to: mail.to.as_str().to_owned(),
            subject: mail.subject.clone(),
            text: mail.text.clone(),
            html: mail.html.clone(),
            links: mail.links.clone(),
            code: None,
            created_at: self.clock.now(),
        });
        Ok(())
    }
}

#[async_trait]
impl SmsSender for DevMailbox {
    async fn send(&self, sms: &Sms) -> Result<Option<SmsReceipt>, SendError> {
        self.keep(Delivered {
            id: sms.message_id.clone(),
            channel: Channel::Sms,
            to: sms.to.as_str().to_owned(),
            subject: String::new(),
            text: sms.text.clone(),
            html: String::new(),
            links: Vec::new(),
            code: Some(sms.code.clone()),
            created_at: self.clock.now(),
        });
        Ok(Some(SmsReceipt(sms.message_id.clone())))
    }

    async fn status(&self, _: &SmsReceipt) -> Result<SmsStatus, SendError> {
        Ok(SmsStatus::Delivered)
    }
}
