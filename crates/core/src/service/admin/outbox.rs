//! Pending and abandoned messages: listing, immediate retry, and removal.

use super::{
    Administered,
    places::{Cursors, message_text, read_message},
    subject::Subject,
    trail::parsed,
};
use crate::{
    account::email::EmailAddress,
    admin::{AdminRole, Administer, Look, Manage, masked_email, masked_phone},
    audit::Event,
    batch,
    clock::Timestamp,
    error::{
        Error, ErrorKind, Result,
        catalogue::{ADMIN_FORBIDDEN, NOT_FOUND, OUTBOX_DEAD},
    },
    id::{OutboxId, RealmName, UserId},
    message::{
        Channel, Recipient,
        outbox::{DeliveryFault, OutboxRow},
    },
    port::{OutboxEntry, OutboxOp, OutboxPlace, OutboxQuery},
    realm::Realm,
    seal::BlindIndex,
    service::{
        FieldErrors, RawField, Scope,
        kernel::{AuditDraft, recipient_index},
    },
};

/// Filters of the outbox, as received.
#[derive(Debug, Default)]
pub struct OutboxFilters {
    pub realm: RawField,
    pub user: RawField,
    /// `waiting`, `retrying` or `dead`.
    pub state: RawField,
    /// `mail` or `sms`.
    pub channel: RawField,
    pub limit: RawField,
    pub cursor: RawField,
}

/// A message, without its text, link or code.
#[derive(Debug)]
pub struct ListedMessage {
    pub id: String,
    pub realm: String,
    pub kind: &'static str,
    pub channel: &'static str,
    pub state: &'static str,
    /// Masked. `None` if delivery was abandoned.
    pub to: Option<String>,
    pub created_at: Timestamp,
    pub due_at: Timestamp,
    pub attempts: u32,
    /// Fault of the latest failed attempt.
    pub fault: Option<&'static str>,
}

/// A page of messages.
#[derive(Debug)]
pub struct ListedMessages {
    pub items: Vec<ListedMessage>,
    pub next: Option<String>,
    pub prev: Option<String>,
}

const STATES: [&str; 4] = ["", "waiting", "retrying", "dead"];
const CHANNELS: [&str; 3] = ["", "mail", "sms"];

impl Administered<'_, Look> {
    /// Returns a page of the messages of all realms within the grants, newest first.
    ///
    /// # Errors
    /// Returns `Invalid` if a filter is invalid, `Malformed` if the cursor belongs to another list, `NotFound` if the
    /// realm is outside the grants, and `Unavailable` if the store fails.
    pub async fn outbox(&self, filters: &OutboxFilters) -> Result<ListedMessages> {
        let mut errors = FieldErrors::default();
        let limit = errors.page_size(&filters.limit);
        let state = errors.one_of("state", &filters.state, &STATES);
        let channel = errors.one_of("channel", &filters.channel, &CHANNELS);
        let user = parsed(&mut errors, "user", &filters.user, UserId::parse);
        let ((limit, state), channel) = errors.finish(limit.zip(state).zip(channel))?;
        let admin = Some(RealmName::admin()).filter(|_| self.admin().grants().administer());
        let realms = self.realms_named(&filters.realm, admin)?;
        let cursors = Cursors::of(&self.realm.keys, "admin/outbox", &format!("{realms:?} {state} {channel} {user:?}"));
        let given = cursors.read(&filters.cursor)?;
        let is_backwards = given.as_ref().is_some_and(|(is_backwards, _)| *is_backwards);
        let from = given.as_ref().map(|(_, place)| read_message(place)).transpose()?;
        let mut entries = Vec::new();
        for realm in realms {
            let recipient = match &user {
                Some(user) => match self.indexes_of(&realm, user).await? {
                    Some(indexes) => Some(indexes),
                    None => continue,
                },
                None => None,
            };
            let query = OutboxQuery {
                realm,
                recipient,
                is_dead: false,
                is_retried: (!state.is_empty()).then_some(state == "retrying"),
                channel: Channel::ALL.into_iter().find(|known| known.as_str() == channel),
                from: from.clone(),
                is_backwards,
                limit: limit + 1,
            };
            if state != "dead" {
                entries.extend(self.ports.store.outbox_page(&query).await?);
            }
            if ["", "dead"].contains(&state) {
                let dead = OutboxQuery { is_dead: true, is_retried: None, ..query };
                entries.extend(self.ports.store.outbox_page(&dead).await?);
            }
        }
        self.page_of_messages(entries, &cursors, (limit, is_backwards, from.is_some()))
    }

    /// Returns the blind indexes of the address and the number of a user, an invitation or a registration. Returns
    /// `None` if there is none in the realm.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the profile cannot be decrypted.
    async fn indexes_of(&self, realm: &RealmName, user: &UserId) -> Result<Option<[BlindIndex; 2]>> {
        let Some(realm) = self.realms.any(realm.as_str()) else { return Ok(None) };
        let scope = self.scope.in_realm(realm);
        let profile = match scope.subject(user.as_str()).await {
            Ok(Subject::User(user)) => user.envelope.open_profile(&user.envelope.key(&realm.keys, &user.id)?)?,
            Ok(Subject::Unverified(row)) => row.envelope.open_profile(&row.envelope.key(&realm.keys, &row.id)?)?,
            Ok(Subject::Invited(_, invitation)) => invitation.profile,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let email = profile.email.blind_index(&realm.keys);
        let phone = profile.phone.map(|phone| recipient_index(&realm.keys, Channel::Sms, phone.as_str()));
        Ok(Some([email, phone.unwrap_or(email)]))
    }

    fn page_of_messages(
        &self,
        mut entries: Vec<OutboxEntry>,
        cursors: &Cursors<'_>,
        (limit, is_backwards, has_place): (usize, bool, bool),
    ) -> Result<ListedMessages> {
        entries.sort_by_cached_key(place);
        if !is_backwards {
            entries.reverse();
        }
        let has_more = entries.len() > limit;
        entries.truncate(limit);
        if is_backwards {
            entries.reverse();
        }
        let (has_next, has_prev) = if is_backwards { (true, has_more) } else { (has_more, has_place) };
        let edge = |entry: Option<&OutboxEntry>| entry.map(|entry| message_text(&place(entry)));
        let next = edge(entries.last()).filter(|_| has_next).map(|place| cursors.expose(false, &place));
        let prev = edge(entries.first()).filter(|_| has_prev).map(|place| cursors.expose(true, &place));
        let items = entries.iter().map(|entry| self.listed_message(entry)).collect::<Result<_>>()?;
        Ok(ListedMessages { items, next, prev })
    }

    fn listed_message(&self, entry: &OutboxEntry) -> Result<ListedMessage> {
        let (row, channel) = (&entry.row, entry.row.kind.channel());
        let realm = self.realms.any(row.realm.as_str()).filter(|_| !entry.is_dead);
        let to = realm.map(|realm| {
            let recipient = recipient_of(realm, row)?;
            Ok::<_, Error>(match channel {
                Channel::Mail => Some(masked_email(&recipient.to)),
                Channel::Sms => Some(masked_phone(&recipient.to)),
                Channel::SmsStatus => None,
            })
        });
        Ok(ListedMessage {
            id: row.id.as_str().to_owned(),
            realm: row.realm.as_str().to_owned(),
            kind: row.kind.as_str(),
            channel: channel.as_str(),
            state: match (entry.is_dead, row.attempts) {
                (true, _) => "dead",
                (false, 0) => "waiting",
                (false, _) => "retrying",
            },
            to: to.transpose()?.flatten(),
            created_at: row.created_at,
            due_at: row.due_at,
            attempts: row.attempts,
            fault: entry.fault.map(DeliveryFault::as_str),
        })
    }

    /// Makes a message due immediately.
    ///
    /// # Errors
    /// Returns `Forbidden` without the role in its realm, `NotFound` if it does not exist, `Conflict` if it was given
    /// up, and `Unavailable` if the store fails.
    pub async fn retry_message(&self, id: &str) -> Result<ListedMessage> {
        let (entry, realm) = self.message_to_change(id).await?;
        if entry.is_dead {
            return Err(OUTBOX_DEAD.into());
        }
        let (id, due_at) = (entry.row.id.clone(), self.ctx.now);
        let scope = self.scope.in_realm(realm);
        let audit = self.audit_of(&scope, Event::OutboxRetried, &entry)?;
        self.settle(batch![OutboxOp::Hasten { id, due_at }, audit], OUTBOX_DEAD).await?;
        let row = OutboxRow { due_at, ..entry.row };
        self.listed_message(&OutboxEntry { row, ..entry })
    }

    /// Removes a message, so that it is never sent.
    ///
    /// # Errors
    /// Returns `Forbidden` without the role in its realm, `NotFound` if it does not exist, and `Unavailable` if the
    /// store fails.
    pub async fn drop_message(&self, id: &str) -> Result<()> {
        let (entry, realm) = self.message_to_change(id).await?;
        let scope = self.scope.in_realm(realm);
        let audit = self.audit_of(&scope, Event::OutboxDropped, &entry)?;
        let id = entry.row.id;
        self.settle(batch![OutboxOp::Drop { id }, audit], NOT_FOUND).await
    }

    /// Returns the audit row of a change of a message, with its kind and the index of its address: a removed notice
    /// would otherwise leave no trace of its recipient.
    fn audit_of<'s>(&self, scope: &'s Scope<'s>, event: Event, entry: &OutboxEntry) -> Result<AuditDraft<'s>> {
        let row = &entry.row;
        let audit =
            scope.audit(event).by(self.admin()).detail("row", row.id.as_str()).detail("kind", row.kind.as_str());
        if entry.is_dead || row.kind.channel() != Channel::Mail {
            return Ok(audit);
        }
        let address = EmailAddress::stored(&recipient_of(scope.realm, row)?.to).map_err(Error::internal)?;
        Ok(audit.index(address.blind_index(&scope.realm.keys)))
    }

    async fn message_to_change(&self, id: &str) -> Result<(OutboxEntry, &Realm)> {
        if !self.admin().grants().reach_anywhere(AdminRole::Manager) {
            return Err(ADMIN_FORBIDDEN.into());
        }
        let id = OutboxId::parse(id).ok_or_else(Error::not_found)?;
        let entry = self.ports.store.outbox_row(&id).await?.ok_or_else(Error::not_found)?;
        let realm = self.realms.any(entry.row.realm.as_str()).ok_or_else(Error::not_found)?;
        if realm.name == RealmName::admin() {
            self.permit.elsewhere::<Administer>(realm)?;
        } else {
            self.permit.elsewhere::<Manage>(realm)?;
        }
        Ok((entry, &**realm))
    }
}

fn recipient_of(realm: &Realm, row: &OutboxRow) -> Result<Recipient> {
    let plain = realm.keys.open_outbox(row.id.as_str(), &row.recipient).map_err(Error::internal)?;
    serde_json::from_slice(&plain).map_err(Error::internal)
}

fn place(entry: &OutboxEntry) -> OutboxPlace {
    OutboxPlace { created_at: entry.row.created_at, id: entry.row.id.as_str().to_owned() }
}
