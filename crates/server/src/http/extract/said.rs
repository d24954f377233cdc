//! Messages passed from one page to the next. They are sealed for the browser, so that no link can inject them into a
//! page.

use std::time::Duration;

use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::{carried::Carried, visit::Visit};
use crate::http::{redirect::go, state::AppState};

/// Message for the next page.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) enum Says {
    Done(&'static str),
    Problem(&'static str),
}

/// Message code in the URL of the next page.
#[derive(Default, Serialize, Deserialize)]
struct Said {
    done: String,
    problem: String,
}

impl Carried for Said {
    const NAME: &'static str = "said";
    const LIFETIME: Duration = Duration::from_secs(600);
}

impl From<Says> for Said {
    fn from(says: Says) -> Self {
        match says {
            Says::Done(word) => Self { done: word.to_owned(), ..Self::default() },
            Says::Problem(word) => Self { problem: word.to_owned(), ..Self::default() },
        }
    }
}

impl Visit {
    /// Redirects to another page with a message. The target of the flow is kept.
    pub(in crate::http) fn say(&self, state: &AppState, page: &str, says: Says) -> Response {
        self.carry(state, page, &Said::from(says), &[])
    }

    /// Redirects to another page with a message.
    pub(in crate::http) fn say_at(&self, state: &AppState, page: &str, says: Says) -> Response {
        self.saying(state, says, |said| go(format!("{}?{said}", self.path(page))))
    }

    /// Builds a response from the query string that carries a message.
    pub(in crate::http) fn saying(
        &self,
        state: &AppState,
        says: Says,
        answer: impl FnOnce(&str) -> Response,
    ) -> Response {
        self.carrying(state, &Said::from(says), |sealed| answer(&format!("{}={sealed}", Said::NAME)))
    }

    /// Returns the value of the field `said`, for a form that leads to the next page.
    pub(in crate::http) fn said(&self, says: Says) -> String {
        self.sealed_again(&Said::from(says))
    }

    /// Signs the browser out and redirects to another page with a message.
    pub(in crate::http) fn leave_saying(&self, state: &AppState, page: &str, says: Says) -> Response {
        self.leave(state, page, &Said::from(says))
    }

    /// Returns the success message of the previous page if it is one of the known codes. Empty otherwise.
    pub(in crate::http) fn done(&self, known: &[&'static str]) -> &'static str {
        known_word(known, &self.carried::<Said>().unwrap_or_default().done)
    }

    /// Returns the error message of the previous page if it is one of the known codes. Empty otherwise.
    pub(in crate::http) fn problem(&self, known: &[&'static str]) -> &'static str {
        known_word(known, &self.carried::<Said>().unwrap_or_default().problem)
    }
}

fn known_word(known: &[&'static str], said: &str) -> &'static str {
    known.iter().copied().find(|word| *word == said).unwrap_or_default()
}
