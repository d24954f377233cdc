use portcullis_core::service::{RawField, SecondFactor};

use super::Fields;

/// Second-factor fields of a request.
#[derive(Debug)]
pub(in crate::http) struct Second {
    code: RawField,
    kind: RawField,
    remember: RawField,
}

impl Second {
    /// Takes the fields.
    pub(in crate::http) fn take(fields: &mut Fields) -> Self {
        Self { code: fields.take("code"), kind: fields.take("type"), remember: fields.take("remember") }
    }

    pub(in crate::http) const fn as_second_factor(&self) -> SecondFactor<'_> {
        SecondFactor { code: &self.code, kind: &self.kind, remember: &self.remember }
    }
}
