//! Words that one page leaves for the next. They are sealed for the browser, so that no link can put them into a page.

use std::time::Duration;

use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::{
    carried::Carried,
    visit::{Visit, go},
};
use crate::http::state::AppState;

/// What the next page says.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) enum Says {
    Done(&'static str),
    Problem(&'static str),
}

/// The word in the URL of the next page.
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
    /// Answers with another page, which says this and ends where this one was asked to.
    pub(in crate::http) fn say(&self, state: &AppState, page: &str, says: Says) -> Response {
        self.carry(state, page, &Said::from(says), &[])
    }

    /// Answers with another page, which says this.
    pub(in crate::http) fn say_at(&self, state: &AppState, page: &str, says: Says) -> Response {
        self.saying(state, says, |said| go(&format!("{}?{said}", self.path(page))))
    }

    /// Answers with what is made of the query with which a page says this.
    pub(in crate::http) fn saying(
        &self,
        state: &AppState,
        says: Says,
        answer: impl FnOnce(&str) -> Response,
    ) -> Response {
        self.carrying(state, &Said::from(says), |sealed| answer(&format!("{}={sealed}", Said::NAME)))
    }

    /// Returns the value of the field `said`, for a form that opens the next page.
    pub(in crate::http) fn said(&self, says: Says) -> String {
        self.sealed_again(&Said::from(says))
    }

    /// Signs the browser out, and answers with another page, which says this.
    pub(in crate::http) fn leave_saying(&self, state: &AppState, page: &str, says: Says) -> Response {
        self.leave(state, page, &Said::from(says))
    }

    /// Returns the one of these words that the page before left as done; empty without any.
    pub(in crate::http) fn done(&self, known: &[&'static str]) -> &'static str {
        known_word(known, &self.carried::<Said>().unwrap_or_default().done)
    }

    /// Returns the one of these words that the page before left as a problem; empty without any.
    pub(in crate::http) fn problem(&self, known: &[&'static str]) -> &'static str {
        known_word(known, &self.carried::<Said>().unwrap_or_default().problem)
    }
}

fn known_word(known: &[&'static str], said: &str) -> &'static str {
    known.iter().copied().find(|word| *word == said).unwrap_or_default()
}
