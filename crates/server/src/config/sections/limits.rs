use portcullis_core::limit::{Limits, Mode, SmsStop};

use crate::config::{
    choices::RateLimitMode,
    table::{
        HASH_QUEUE_CLIENT, LIMIT_LINKS_CLIENT, LIMIT_MAILS_ACCOUNT, LIMIT_MAILS_CLIENT, LIMIT_OTP_ACCOUNT,
        LIMIT_OTP_CLIENT, LIMIT_PASSWORDS_ACCOUNT, LIMIT_PASSWORDS_CLIENT, LIMIT_PASSWORDS_KEPT,
        LIMIT_REFRESHES_ACCOUNT, LIMIT_SMS_COUNTRY, LIMIT_SMS_TOTAL, RATE_LIMIT_MODE, SMS_STOP_AFTER, SMS_STOP_PERCENT,
    },
    values::Values,
};

pub(super) fn read(values: &Values) -> Option<Limits> {
    Some(Limits {
        mode: match values.get(&RATE_LIMIT_MODE)? {
            RateLimitMode::Enforce => Mode::Enforce,
            RateLimitMode::Observe => Mode::Observe,
            RateLimitMode::Off => Mode::Off,
        },
        passwords_account: values.get(&LIMIT_PASSWORDS_ACCOUNT)?,
        passwords_client: values.get(&LIMIT_PASSWORDS_CLIENT)?,
        passwords_kept: values.get(&LIMIT_PASSWORDS_KEPT)?,
        mails_account: values.get(&LIMIT_MAILS_ACCOUNT)?,
        mails_client: values.get(&LIMIT_MAILS_CLIENT)?,
        codes_account: values.get(&LIMIT_OTP_ACCOUNT)?,
        codes_client: values.get(&LIMIT_OTP_CLIENT)?,
        hashes_client: values.get(&HASH_QUEUE_CLIENT)?,
        links_client: values.get(&LIMIT_LINKS_CLIENT)?,
        refreshes_session: values.get(&LIMIT_REFRESHES_ACCOUNT)?,
        sms: values.get(&LIMIT_SMS_TOTAL)?,
        sms_country: values.get(&LIMIT_SMS_COUNTRY)?,
        sms_stop: SmsStop { after: values.get(&SMS_STOP_AFTER)?, percent: values.get(&SMS_STOP_PERCENT)? },
    })
}
