use portcullis_core::{
    factor::Method,
    id::RealmName,
    oauth::{Scopes, scopes::BUILT_IN},
    realm::SignupField,
};

use super::{
    format::{ValueFormat, items},
    url::WEB_ADDRESS,
};

/// Realm names: at least one, without duplicates.
pub(crate) const REALM_NAMES: ValueFormat<Vec<RealmName>> = ValueFormat::new("NAMES", |text| {
    let mut names: Vec<RealmName> = Vec::new();
    for word in items(text) {
        let name = RealmName::parse(word).map_err(|why| format!("cannot contain `{}`: {why}", word.escape_debug()))?;
        if names.contains(&name) {
            return Err(format!("contains `{name}` twice"));
        }
        names.push(name);
    }
    if names.is_empty() { Err("must contain at least one realm".to_owned()) } else { Ok(names) }
});

/// Countries, as two-letter ISO codes.
pub(crate) const COUNTRIES: ValueFormat<Vec<String>> = ValueFormat::new("CODES", |text| {
    let is_code = |word: &str| word.len() == 2 && word.bytes().all(|b| b.is_ascii_alphabetic());
    if items(text).all(is_code) {
        Ok(items(text).map(str::to_ascii_uppercase).collect())
    } else {
        Err("must be two-letter ISO 3166 codes separated by commas, such as `DE,FR`".to_owned())
    }
})
.like("DE,FR");

/// Client IDs at a provider.
pub(crate) const CLIENT_IDS: ValueFormat<Vec<String>> =
    ValueFormat::new("IDS", |text| Ok(items(text).map(str::to_owned).collect()));

/// Kinds of second factors.
pub(crate) const MFA_METHODS: ValueFormat<Vec<Method>> = ValueFormat::new("METHODS", |text| {
    let allowed = [Method::Passkey, Method::Totp, Method::Sms, Method::RecoveryCode];
    let method = |word: &str| allowed.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(word));
    let methods: Option<Vec<Method>> = items(text).map(method).collect();
    methods.filter(|methods| !methods.is_empty()).ok_or_else(|| {
        let names = allowed.map(|method| format!("`{}`", method.as_str()));
        format!("must be a list of {} separated by commas", names.join(", "))
    })
})
.like("passkey,totp,recovery_code");

/// Fields required for registration, or `none`.
pub(crate) const SIGNUP_FIELDS: ValueFormat<Vec<SignupField>> = ValueFormat::new("FIELDS", |text| {
    if text.eq_ignore_ascii_case("none") {
        return Ok(Vec::new());
    }
    let field = |word: &str| SignupField::ALL.into_iter().find(|field| field.as_str().eq_ignore_ascii_case(word));
    let fields: Option<Vec<SignupField>> = items(text).map(field).collect();
    fields.ok_or_else(|| {
        let names = SignupField::ALL.map(|field| format!("`{}`", field.as_str()));
        format!("must be `none`, or a list of {} separated by commas", names.join(", "))
    })
})
.like("first_name,last_name");

/// Footer links of pages, by key.
pub(crate) const LINKS: ValueFormat<Vec<(String, String)>> = ValueFormat::new("KEY=URL,…", |text| {
    let wrong = || "must be a list of `KEY=URL`, with the keys `terms`, `privacy` and `help`".to_owned();
    let mut links: Vec<(String, String)> = Vec::new();
    for item in items(text) {
        let (key, url) = item.split_once('=').ok_or_else(wrong)?;
        if !["terms", "privacy", "help"].contains(&key) || links.iter().any(|(before, _)| before == key) {
            return Err(wrong());
        }
        links.push((key.to_owned(), (WEB_ADDRESS.read)(url)?));
    }
    Ok(links)
})
.like("terms=https://example.com/terms,help=https://example.com/help");

/// Scopes of the operator's own services.
pub(crate) const OWN_SCOPES: ValueFormat<Scopes> = ValueFormat::new("SCOPES", |text| {
    if let Some(known) = items(text).find(|word| BUILT_IN.contains(word)) {
        return Err(format!("must not contain `{known}`, which is built in"));
    }
    Scopes::of(items(text)).ok_or_else(|| {
        "must be at most 50 words without spaces, quotes and backslashes, separated by commas, such as `read,write`"
            .to_owned()
    })
})
.like("read,write");
