use serde::{Deserialize, Serialize};

use super::FactorName;
use crate::{
    clock::Timestamp,
    ctx::Ctx,
    error::{Error, Result},
    id::{FactorId, SessionId},
    link::Challenge,
    record::RecordKind,
    scope::Scopes,
    seal::{DataKey, Sealed},
    session::{Amr, Assurance},
};

/// Purpose of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketPurpose {
    Login,
    /// Re-authentication of a session.
    StepUp {
        session: SessionId,
        /// Assurance that the route requires.
        assurance: Assurance,
        /// Whether a new authentication is required, not only a higher assurance.
        renews: bool,
        /// Scopes of the token that started it, if a client has it.
        scopes: Option<Scopes>,
    },
    /// Enrolment of the first factor, which completes the login.
    Enrolment,
}

/// Data of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketNote {
    pub purpose: TicketPurpose,
    /// Factors proved so far.
    pub proved: Vec<Amr>,
    /// Verified identity at another provider.
    pub identity: Option<FactorId>,
    /// Time at which the account's password was set. The ticket becomes invalid when the password changes.
    pub password_set_at: Timestamp,
}

/// Data of an enrolment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolmentNote {
    /// Session or ticket that started the enrolment. Only it can confirm the enrolment.
    pub begun_by: String,
    pub name: FactorName,
}

/// Factor whose addition can be undone with a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedFactor {
    pub kind: RecordKind,
    pub id: FactorId,
}

/// Serialized form before sealing.
#[derive(Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
enum Stored {
    Login {
        proved: Vec<Amr>,
        password_set_at: i64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identity: Option<String>,
    },
    StepUp {
        proved: Vec<Amr>,
        password_set_at: i64,
        session: String,
        acr: String,
        renews: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scope: Option<String>,
    },
    FirstFactor {
        proved: Vec<Amr>,
        password_set_at: i64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identity: Option<String>,
    },
    Enrolment {
        begun_by: String,
        name: String,
    },
    Added {
        kind: String,
        id: String,
    },
}

/// Name that binds the note to challenges.
const KIND: &str = "challenge";

fn seal(ctx: &Ctx, key: &DataKey, challenge: &Challenge, note: &Stored) -> Result<Sealed> {
    let plain = serde_json::to_vec(note).map_err(Error::internal)?;
    Ok(key.seal_record(ctx, KIND, &crate::seal::hex(&challenge.id.0), &plain))
}

fn open(key: &DataKey, challenge: &Challenge) -> Result<Stored> {
    let note = challenge.note.as_ref().ok_or_else(|| Error::internal("a challenge has no note"))?;
    let plain = key.open_record(KIND, &crate::seal::hex(&challenge.id.0), note).map_err(Error::internal)?;
    serde_json::from_slice(&plain).map_err(Error::internal)
}

fn unreadable() -> Error {
    Error::internal("the stored data of a challenge cannot be decrypted")
}

impl TicketNote {
    /// Encrypts the ticket data, bound to its challenge.
    ///
    /// # Errors
    /// Returns `Internal` if it cannot be serialized.
    pub fn seal(&self, ctx: &Ctx, key: &DataKey, ticket: &Challenge) -> Result<Sealed> {
        let (proved, password_set_at) = (self.proved.clone(), self.password_set_at.millis());
        let identity = self.identity.as_ref().map(|id| id.as_str().to_owned());
        let stored = match &self.purpose {
            TicketPurpose::Login => Stored::Login { proved, password_set_at, identity },
            TicketPurpose::Enrolment => Stored::FirstFactor { proved, password_set_at, identity },
            TicketPurpose::StepUp { session, assurance, renews, scopes } => {
                let (session, acr) = (session.as_str().to_owned(), assurance.acr().to_owned());
                let scope = scopes.as_ref().map(Scopes::to_text);
                Stored::StepUp { proved, password_set_at, session, acr, renews: *renews, scope }
            }
        };
        seal(ctx, key, ticket, &stored)
    }

    /// Opens the note of a ticket.
    ///
    /// # Errors
    /// Returns `Internal` if it cannot be decrypted.
    pub fn open(key: &DataKey, ticket: &Challenge) -> Result<Self> {
        let (purpose, proved, password_set_at, identity) = match open(key, ticket)? {
            Stored::Login { proved, password_set_at, identity } => {
                (TicketPurpose::Login, proved, password_set_at, identity)
            }
            Stored::FirstFactor { proved, password_set_at, identity } => {
                (TicketPurpose::Enrolment, proved, password_set_at, identity)
            }
            Stored::StepUp { proved, password_set_at, session, acr, renews, scope } => {
                let session = SessionId::parse(&session).ok_or_else(unreadable)?;
                let assurance = Assurance::parse(&acr).ok_or_else(unreadable)?;
                let scopes = scope.map(|text| Scopes::parse(&text).ok_or_else(unreadable)).transpose()?;
                (TicketPurpose::StepUp { session, assurance, renews, scopes }, proved, password_set_at, None)
            }
            Stored::Enrolment { .. } | Stored::Added { .. } => return Err(unreadable()),
        };
        let identity = identity.as_deref().and_then(FactorId::parse);
        Ok(Self { purpose, proved, identity, password_set_at: Timestamp::from_millis(password_set_at) })
    }
}

impl EnrolmentNote {
    /// Encrypts the ticket data, bound to its challenge.
    ///
    /// # Errors
    /// Returns `Internal` if it cannot be serialized.
    pub fn seal(&self, ctx: &Ctx, key: &DataKey, enrolment: &Challenge) -> Result<Sealed> {
        let (begun_by, name) = (self.begun_by.clone(), self.name.as_str().to_owned());
        seal(ctx, key, enrolment, &Stored::Enrolment { begun_by, name })
    }

    /// Opens the note of an enrolment.
    ///
    /// # Errors
    /// Returns `Internal` if it cannot be decrypted.
    pub fn open(key: &DataKey, enrolment: &Challenge) -> Result<Self> {
        let Stored::Enrolment { begun_by, name } = open(key, enrolment)? else { return Err(unreadable()) };
        Ok(Self { begun_by, name: FactorName::parse(&name).ok_or_else(unreadable)? })
    }
}

impl AddedFactor {
    /// Encrypts the ticket data, bound to its challenge.
    ///
    /// # Errors
    /// Returns `Internal` if it cannot be serialized.
    pub fn seal(&self, ctx: &Ctx, key: &DataKey, undo: &Challenge) -> Result<Sealed> {
        let (kind, id) = (self.kind.as_str().to_owned(), self.id.as_str().to_owned());
        seal(ctx, key, undo, &Stored::Added { kind, id })
    }

    /// Opens the note of an undo.
    ///
    /// # Errors
    /// Returns `Internal` if it cannot be decrypted.
    pub fn open(key: &DataKey, undo: &Challenge) -> Result<Self> {
        let Stored::Added { kind, id } = open(key, undo)? else { return Err(unreadable()) };
        let kind = RecordKind::parse(&kind).ok_or_else(unreadable)?;
        Ok(Self { kind, id: FactorId::parse(&id).ok_or_else(unreadable)? })
    }
}
