//! Fields of a client in a request.

use crate::{
    error::catalogue::{CLIENT_KEYS_INVALID, FIELD_NOT_LIST},
    oauth::ClientDraft,
    service::{FieldErrors, RawField, RawJson},
};

/// Fields of a client as received. Absent fields are `None`; a field that is `null` gets its default.
#[derive(Debug, Default)]
pub struct ClientFields {
    pub name: Option<RawField>,
    pub client_type: Option<RawField>,
    pub first_party: Option<RawField>,
    pub redirect_uris: Option<RawField>,
    pub post_logout_redirect_uris: Option<RawField>,
    pub grants: Option<RawField>,
    pub scopes: Option<RawField>,
    pub auth: Option<RawField>,
    pub pkce: Option<RawField>,
    pub id_token_alg: Option<RawField>,
    pub acr: Option<RawField>,
    pub jwks: Option<RawField>,
}

impl ClientFields {
    /// Parses the types of the fields. Their values are checked when the client is created or changed.
    pub(super) fn draft(&self, errors: &mut FieldErrors) -> ClientDraft {
        ClientDraft {
            name: errors.given_text("name", self.name.as_ref()),
            client_type: errors.given_text("type", self.client_type.as_ref()),
            first_party: errors.given_flag("first_party", self.first_party.as_ref()),
            redirect_uris: errors.given_list("redirect_uris", self.redirect_uris.as_ref()),
            post_logout_redirect_uris: errors
                .given_list("post_logout_redirect_uris", self.post_logout_redirect_uris.as_ref()),
            grants: errors.given_list("grants", self.grants.as_ref()),
            scopes: errors.given_list("scopes", self.scopes.as_ref()),
            auth: errors.given_text("auth", self.auth.as_ref()),
            pkce: errors.given_flag("pkce", self.pkce.as_ref()),
            id_token_alg: errors.given_text("id_token_alg", self.id_token_alg.as_ref()),
            acr: errors.given_text("acr", self.acr.as_ref()),
            jwks: errors.given_keys("jwks", self.jwks.as_ref()),
            cleared: self.cleared(),
        }
    }

    fn cleared(&self) -> Vec<&'static str> {
        let fields = [
            ("name", &self.name),
            ("type", &self.client_type),
            ("first_party", &self.first_party),
            ("redirect_uris", &self.redirect_uris),
            ("post_logout_redirect_uris", &self.post_logout_redirect_uris),
            ("grants", &self.grants),
            ("scopes", &self.scopes),
            ("auth", &self.auth),
            ("pkce", &self.pkce),
            ("id_token_alg", &self.id_token_alg),
            ("acr", &self.acr),
            ("jwks", &self.jwks),
        ];
        let cleared = fields.into_iter().filter(|(_, field)| matches!(field, Some(RawField::Missing)));
        cleared.map(|(name, _)| name).collect()
    }
}

impl FieldErrors {
    fn given_text(&mut self, field: &'static str, given: Option<&RawField>) -> Option<String> {
        match given? {
            RawField::Missing => None,
            given => self.text(field, given).map(str::to_owned),
        }
    }

    fn given_flag(&mut self, field: &'static str, given: Option<&RawField>) -> Option<bool> {
        match given? {
            RawField::Missing => None,
            given => self.flag(field, given),
        }
    }

    fn given_list(&mut self, field: &'static str, given: Option<&RawField>) -> Option<Vec<String>> {
        let list: Option<Vec<String>> = match given? {
            RawField::Missing => return None,
            RawField::Json(RawJson(list)) => {
                list.as_array().and_then(|list| list.iter().map(|word| word.as_str().map(str::to_owned)).collect())
            }
            RawField::NotText | RawField::Text(_) => None,
        };
        if list.is_none() {
            self.add(FIELD_NOT_LIST.of(field));
        }
        list
    }

    fn given_keys(&mut self, field: &'static str, given: Option<&RawField>) -> Option<String> {
        match given? {
            RawField::Missing => None,
            RawField::Json(RawJson(keys)) if keys.is_object() => Some(keys.to_string()),
            RawField::Json(_) | RawField::NotText | RawField::Text(_) => {
                self.add(CLIENT_KEYS_INVALID.of(field));
                None
            }
        }
    }
}
