//! Replaceable pages. One file per page, with its values and its samples.

mod account;
mod account_apps;
mod account_data;
mod account_data_delete;
mod account_details;
mod account_details_email;
mod account_details_phone;
mod account_security;
mod account_security_codes;
mod account_security_passkey;
mod account_security_password;
mod account_security_remove;
mod account_security_rename;
mod account_security_totp;
mod account_sessions;
mod authorize;
mod consent;
mod email_change;
mod email_verified;
mod email_verified_failed;
mod email_verify;
mod error;
mod gate;
mod landing;
mod reset;
mod reset_failed;
mod reset_success;
mod signin;
mod signin_code;
mod signin_complete;
mod signin_confirm;
mod signin_enroll;
mod signin_factor;
mod signin_forgot;
mod signin_link;
mod signin_passkey;
mod signout;
mod signup;
mod signup_resend;
mod undo;
mod undo_failed;
mod undo_success;

pub(crate) use account::{AccountHome, EventRow, Recommended, SessionRow, When};
pub(crate) use account_apps::{AccountApps, AppRow};
pub(crate) use account_data::AccountData;
pub(crate) use account_data_delete::AccountDataDelete;
pub(crate) use account_details::{AccountDetails, Contact};
pub(crate) use account_details_email::AccountDetailsEmail;
pub(crate) use account_details_phone::AccountDetailsPhone;
pub(crate) use account_security::{AccountSecurity, FactorRow, IdentityRow, SecurityOffers};
pub(crate) use account_security_codes::AccountSecurityCodes;
pub(crate) use account_security_passkey::AccountSecurityPasskey;
pub(crate) use account_security_password::AccountSecurityPassword;
pub(crate) use account_security_remove::AccountSecurityRemove;
pub(crate) use account_security_rename::AccountSecurityRename;
pub(crate) use account_security_totp::AccountSecurityTotp;
pub(crate) use account_sessions::AccountSessions;
pub(crate) use authorize::Authorize;
pub(crate) use consent::{Consent, ScopeRow};
pub(crate) use email_change::EmailChange;
pub(crate) use email_verified::EmailVerified;
pub(crate) use email_verified_failed::EmailVerifiedFailed;
pub(crate) use email_verify::{ACTIVATE_SCRIPT, EmailVerify};
pub(crate) use error::ErrorPage;
pub(crate) use gate::{Gate, Person, Way};
pub(crate) use landing::Landing;
pub(crate) use reset::Reset;
pub(crate) use reset_failed::ResetFailed;
pub(crate) use reset_success::ResetSuccess;
pub(crate) use signin::Signin;
pub(crate) use signin_code::SigninCode;
pub(crate) use signin_complete::SigninComplete;
pub(crate) use signin_confirm::SigninConfirm;
pub(crate) use signin_enroll::{EnrollApp, SigninEnroll};
pub(crate) use signin_factor::SigninFactor;
pub(crate) use signin_forgot::SigninForgot;
pub(crate) use signin_link::SigninLink;
pub(crate) use signin_passkey::SigninPasskey;
pub(crate) use signout::Signout;
pub(crate) use signup::Signup;
pub(crate) use signup_resend::SignupResend;
pub(crate) use undo::Undo;
pub(crate) use undo_failed::UndoFailed;
pub(crate) use undo_success::UndoSuccess;

use minijinja::{Value, context};
use portcullis_core::{clock::Timestamp, error::catalogue::LINK_INVALID};

use super::{
    TemplateError, Templates,
    catalogue::{Template, TemplateKind},
    look::Look,
    sample::Sample,
};
use crate::config::Brand;

/// Script of the sign-in pages.
pub(crate) const PAGES_SCRIPT: &str = source!("pages/portcullis.js");
/// Icon of the pages.
pub(crate) const FAVICON: &str = source!("layout/favicon.svg");

/// A page: its template's name and the values for it.
pub(crate) trait Page {
    /// Name of the template.
    const NAME: &'static str;
    /// Whether its script requests passkey options from the server.
    const USES_PASSKEYS: bool = false;

    /// Returns the values of this page. Values common to all pages are added when it is rendered.
    fn values(&self) -> Value;
}

/// A page whose template can be replaced by a custom file.
trait Replaceable: Page + Sized {
    /// Purpose, as one sentence for the template list.
    const PURPOSE: &'static str;
    /// Source of the built-in template.
    const SOURCE: &'static str;

    /// Returns a sample for each case that the template must handle, with a label for the case.
    fn samples() -> Vec<(&'static str, Self)>;
}

/// A page's entry in the catalogue.
#[derive(Debug)]
pub(super) struct PageEntry {
    pub(super) template: Template,
    samples: fn() -> Vec<(&'static str, Value)>,
}

/// All pages, in documentation order.
pub(super) static PAGES: &[PageEntry] = &[
    PageEntry::of::<Signin>(),
    PageEntry::of::<SigninCode>(),
    PageEntry::of::<SigninFactor>(),
    PageEntry::of::<SigninConfirm>(),
    PageEntry::of::<SigninEnroll>(),
    PageEntry::of::<SigninPasskey>(),
    PageEntry::of::<SigninForgot>(),
    PageEntry::of::<SigninComplete>(),
    PageEntry::of::<SigninLink>(),
    PageEntry::of::<Signup>(),
    PageEntry::of::<SignupResend>(),
    PageEntry::of::<Signout>(),
    PageEntry::of::<Authorize<'_>>(),
    PageEntry::of::<Consent>(),
    PageEntry::of::<AccountHome>(),
    PageEntry::of::<AccountApps>(),
    PageEntry::of::<AccountData>(),
    PageEntry::of::<AccountDataDelete>(),
    PageEntry::of::<AccountDetails>(),
    PageEntry::of::<AccountDetailsEmail>(),
    PageEntry::of::<AccountDetailsPhone>(),
    PageEntry::of::<AccountSecurity>(),
    PageEntry::of::<AccountSecurityCodes>(),
    PageEntry::of::<AccountSecurityPasskey>(),
    PageEntry::of::<AccountSecurityPassword>(),
    PageEntry::of::<AccountSecurityRemove>(),
    PageEntry::of::<AccountSecurityRename>(),
    PageEntry::of::<AccountSecurityTotp>(),
    PageEntry::of::<AccountSessions>(),
    PageEntry::of::<EmailVerify<'_>>(),
    PageEntry::of::<EmailChange<'_>>(),
    PageEntry::of::<EmailVerified>(),
    PageEntry::of::<EmailVerifiedFailed<'_>>(),
    PageEntry::of::<Reset<'_>>(),
    PageEntry::of::<ResetSuccess>(),
    PageEntry::of::<ResetFailed<'_>>(),
    PageEntry::of::<Undo<'_>>(),
    PageEntry::of::<UndoSuccess>(),
    PageEntry::of::<UndoFailed<'_>>(),
    PageEntry::of::<ErrorPage<'_>>(),
    PageEntry::of::<Landing>(),
];

/// Realm of the administrators.
const ADMIN: &str = "admin";
const SAMPLE_ERROR: &str = LINK_INVALID.detail;

impl PageEntry {
    const fn of<P: Replaceable>() -> Self {
        let template = Template { name: P::NAME, kind: TemplateKind::Page, purpose: P::PURPOSE, source: P::SOURCE };
        Self { template, samples: samples::<P> }
    }
}

fn samples<P: Replaceable>() -> Vec<(&'static str, Value)> {
    P::samples().into_iter().map(|(case, page)| (case, page.values())).collect()
}

impl Templates {
    /// Renders a page.
    pub(crate) fn page<P: Page>(&self, page: &P, realm: &str, now: Timestamp) -> Result<String, TemplateError> {
        let templates = self.of(realm);
        templates.engine.fill(P::NAME, templates.page_values(page.values(), realm, now))
    }

    fn page_values(&self, values: Value, realm: &str, now: Timestamp) -> Value {
        let branding = &self.branding;
        // Administrators belong to the server and not to an application.
        let is_of_admin = realm == ADMIN;
        let base = context! {
            app_name => if is_of_admin { "Portcullis" } else { &branding.app_name },
            app_url => if is_of_admin { "" } else { &branding.app_url },
            brand => if is_of_admin { Look::of(&Brand::default()).values() } else { self.look.values() },
            root => branding.root.as_str(),
            home => format!("{}/{realm}", branding.root),
            min_length => branding.min_length,
            name => "",
            pages => branding.pages && !realm.is_empty(),
            realm,
            year => now.year(),
        };
        context! { ..values, ..base }
    }

    /// Returns samples of all replaceable pages, in all their cases.
    pub(super) fn page_samples(&self, now: Timestamp) -> Vec<Sample> {
        let samples = PAGES.iter().flat_map(|page| {
            (page.samples)().into_iter().map(|(case, values)| Sample {
                template: &page.template,
                case,
                values: self.page_values(values, "User1", now),
            })
        });
        samples.collect()
    }
}
