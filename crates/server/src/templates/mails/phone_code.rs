use std::time::Duration;

use minijinja::{Value, context};
use portcullis_core::clock::Timestamp;

use super::in_words;
use crate::templates::{
    Templates,
    catalogue::{Template, TemplateKind},
    sample::Sample,
};

/// SMS with the code that verifies a phone number.
pub(super) static PHONE_CODE: Template = Template {
    name: "sms_code.txt",
    kind: TemplateKind::Sms,
    purpose: "The code that verifies a phone number.",
    source: source!("mails/sms_code.txt"),
};

impl Templates {
    pub(super) fn code_values(&self, realm: &str, code: &str, lifetime: Duration, now: Timestamp) -> Value {
        context! { code, valid_for => in_words(lifetime), ..self.message_values(realm, now) }
    }

    pub(super) fn code_sample(&self, now: Timestamp) -> Sample {
        let values = self.code_values("User1", "123456", Duration::from_secs(300), now);
        Sample { template: &PHONE_CODE, case: "", values }
    }
}
