//! `signin/complete`: asks a new user from another provider for missing data before the account is created.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error,
    account::name::PersonName,
    error::{
        ErrorKind,
        catalogue::{EMAIL_TAKEN, SIGNUP_CLOSED},
    },
    federation::PendingIdentity,
    realm::SignupField,
    service::{Completing, CompletionFields, CompletionForm, Question},
};

use super::{
    answer::{Typed, again, show, show_with},
    factor::start_again,
    link::{self, Linking},
    mailed::{self, Mailed},
    resend::address,
    signup, social,
};
use crate::{
    http::{
        extract::{DeviceCookie, FlowCookies, PageForm, Providing, Visit},
        logins::{counted_completion, counted_entry},
        openapi::RealmPath,
        problem::{ApiError, REFUSED_FORM},
        redirect::go,
        state::AppState,
    },
    templates::pages::{Gate, SigninComplete},
};

pub(super) const PAGE: &str = "signin/complete";

/// Complete the account of a new user from another provider
///
/// Asks for an address if the provider has not verified one, and for the fields required at sign-up. With `?token=`
/// from the email, it shows a button.
#[utoipa::path(get, path = "/v1/{realm}/signin/complete", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, Providing(visit): Providing, flows: FlowCookies) -> Response {
    if let Some(token) = visit.parameter("token") {
        return match visit.request.federation().offered_completion(token, &flows.values()).await {
            Ok(_) => visit.carry(&state, PAGE, &Mailed { token: token.to_owned() }, &[]),
            Err(error) => ApiError::from(error).into_response(),
        };
    }
    if let Some(mailed) = visit.carried::<Mailed>() {
        let offered = visit.request.federation().offered_completion(&mailed.token, &flows.values()).await;
        return match offered {
            Ok((pending, email)) => {
                let page = page(&visit, &pending, &CompletionFields::default(), Gate::default());
                show(&state, &visit, &SigninComplete { stage: "mailed", email, ..page })
            }
            Err(error) => ApiError::from(error).into_response(),
        };
    }
    let Some(linking) = visit.carried::<Linking>() else { return start_again(&state, &visit, "timed_out") };
    if !is_asked_here(&visit, &linking) {
        return go(mailed::path::<Linking>(&visit, link::PAGE, &[]));
    }
    let fields = match visit.request.federation().completion_fields(&linking.pending).await {
        Ok(fields) => fields,
        Err(error) => return ApiError::from(error).into_response(),
    };
    let gate = Gate { form: told(&linking.pending, &fields), ..Gate::default() };
    let mut page = page(&visit, &linking.pending, &fields, gate);
    if visit.parameter("done") == Some("sent") {
        page.stage = "sent";
    }
    show(&state, &visit, &page)
}

/// Returns whether this page asks the question, and not the page that links an account.
pub(super) fn is_asked_here(visit: &Visit, linking: &Linking) -> bool {
    match linking.question {
        Question::Address => visit.request.realm.policy.is_signup_open(),
        // Invited users are asked, too, for whom sign-up need not be open.
        Question::Fields => true,
        Question::Taken | Question::Own => false,
    }
}

/// Returns the known data as the initial values of the form.
fn told(pending: &PendingIdentity, fields: &CompletionFields) -> std::collections::BTreeMap<&'static str, String> {
    let [first, last] = [&fields.first_name, &fields.last_name].map(|name| name.as_ref().map(PersonName::as_str));
    let told = [("first_name", first), ("last_name", last), ("email", pending.email())];
    told.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned()))).collect()
}

fn page(visit: &Visit, pending: &PendingIdentity, fields: &CompletionFields, gate: Gate) -> SigninComplete {
    SigninComplete {
        gate: Gate { query: visit.query(&[]), action: mailed::action::<Linking>(visit, PAGE), ..gate },
        stage: "",
        provider: link::label(visit, pending),
        called: pending.called(),
        email: pending.proved_email().unwrap_or_default().to_owned(),
        required: fields.required.iter().map(|field: &SignupField| field.as_str()).collect(),
        signin: visit.detour("signin", &link::back(visit)),
    }
}

/// Submit the account of a new user from another provider
///
/// Creates the user and signs in, if the provider has verified the address. Otherwise emails a link, whether or not
/// the address has an account.
#[utoipa::path(post, path = "/v1/{realm}/signin/complete", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn complete(
    State(state): State<AppState>,
    Providing(visit): Providing,
    device: DeviceCookie,
    flows: FlowCookies,
    PageForm(mut fields): PageForm,
) -> Response {
    if let Some(mailed) = visit.carried::<Mailed>() {
        return follow(&state, &visit, (&device, &flows), &mailed.token).await;
    }
    let Some(linking) = visit.carried::<Linking>() else { return start_again(&state, &visit, "timed_out") };
    if !is_asked_here(&visit, &linking) {
        return go(mailed::path::<Linking>(&visit, link::PAGE, &[]));
    }
    let typed = Typed::of(&fields, &["first_name", "last_name", "email", "phone", "country_code"]);
    let email = address(&mut fields);
    let mut given = |name| fields.take_filled(name);
    let form = CompletionForm {
        first_name: given("first_name"),
        last_name: given("last_name"),
        phone: given("phone"),
        country_code: given("country_code"),
        email,
    };
    let federation = visit.request.browser_federation();
    let completed = counted_completion(federation.complete(&linking.pending, &form, &[device.value()]).await);
    match completed {
        Ok(Completing::Entered(entry)) => {
            let of = (linking.pending.provider.as_str(), linking.pending.email().unwrap_or_default());
            social::enter(&state, &visit, &device, entry, of).await
        }
        Ok(Completing::Sent(cookie)) => {
            let mut response = go(mailed::path::<Linking>(&visit, PAGE, &[("done", "sent")]));
            flows.add_link(&state, &mut response, &cookie);
            response
        }
        Ok(Completing::Taken) => link::begin(&state, &visit, linking.pending, Question::Taken),
        Err(error) => refuse(&state, &visit, &linking.pending, (error, typed)).await,
    }
}

async fn refuse(
    state: &AppState,
    visit: &Visit,
    pending: &PendingIdentity,
    (error, typed): (Error, Typed),
) -> Response {
    if error.code() == SIGNUP_CLOSED.code {
        return signup::closed(state, visit);
    }
    // The button was pressed twice.
    if error.kind() == ErrorKind::BadLink && visit.viewer.is_some() {
        return visit.go_on();
    }
    let fields = match visit.request.federation().completion_fields(pending).await {
        Ok(fields) => fields,
        Err(error) => return ApiError::from(error).into_response(),
    };
    if error.code() == EMAIL_TAKEN.code {
        let errors = vec![("email", "This email address already has an account. Sign in instead.".to_owned())];
        let gate = Gate { errors, form: typed.0, ..Gate::default() };
        return show_with(state, visit, REFUSED_FORM, &page(visit, pending, &fields, gate));
    }
    again(state, visit, error, (Gate::default(), &typed), |gate| page(visit, pending, &fields, gate))
}

/// Creates the user of an emailed link.
async fn follow(
    state: &AppState,
    visit: &Visit,
    (device, flows): (&DeviceCookie, &FlowCookies),
    token: &str,
) -> Response {
    let (devices, browser) = ([device.value()], flows.values());
    let federation = visit.request.browser_federation();
    let (pending, email) = match federation.offered_completion(token, &browser).await {
        Ok(offered) => offered,
        Err(error) => return ApiError::from(error).into_response(),
    };
    match counted_entry(federation.follow_completion(token, &browser, &devices).await) {
        Ok(entry) => social::enter(state, visit, device, entry, (&pending.provider, &email)).await,
        Err(error) => social::refuse(state, visit, error),
    }
}
