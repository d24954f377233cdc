//! Registration settings: who may register, and which fields are required.

use portcullis_core::realm::{Signup, SignupField};

use super::section::{Section, settings};
use crate::config::{
    setting::Fallback::{Fixed, Nothing},
    value::{Choice, SIGNUP_FIELDS, choice},
};

pub(super) const SECTION: Section = Section::new("Registration", SETTINGS);

settings! {
    SIGNUP: Signup = choice(), Fixed("open"),
        "Who may register through `create`. `open`: anyone. `invite` and `closed`: no one, and `create` returns 403 `signup.closed`.", per_realm;
    SIGNUP_REQUIRED: Vec<SignupField> = SIGNUP_FIELDS, Nothing,
        "Fields that `create` requires in addition to `email` and `password`, separated by commas: `first_name`, `last_name`, `phone`, `country_code`.", per_realm;
}

impl Choice for Signup {
    const WORDS: &'static [(&'static str, Self)] =
        &[("open", Self::Open), ("invite", Self::Invite), ("closed", Self::Closed)];
    const PLACEHOLDER: &'static str = "open|invite|closed";
}
