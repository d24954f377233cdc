use axum::{extract::State, response::Response};
use portcullis_core::{
    error::{ErrorKind, catalogue::EMAIL_TAKEN},
    realm::SignupField,
    service::{CreateForm, RawField},
};

use super::{
    answer::{Typed, again, show, show_with},
    resend::{SentTo, address},
    social,
};
use crate::{
    http::{
        extract::{PageForm, RegistrationCookie, Visit},
        openapi::RealmPath,
        problem::{CLOSED, REFUSED_FORM},
        state::AppState,
    },
    templates::pages::{Gate, Signup},
};

/// Show the sign-up page
///
/// Contains the fields of `create`.
#[utoipa::path(get, path = "/v1/{realm}/signup", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, visit: Visit) -> Response {
    if !visit.request.realm.policy.is_signup_open() {
        return closed(&state, &visit);
    }
    show(&state, &visit, &page(&visit, Gate::default()))
}

fn page(visit: &Visit, gate: Gate) -> Signup {
    let required = visit.request.realm.policy.signup_required.iter().map(|field: &SignupField| field.as_str());
    Signup {
        gate: Gate { query: visit.query(&[]), ..gate },
        required: required.collect(),
        ways: social::ways(visit),
        closed: false,
    }
}

pub(super) fn closed(state: &AppState, visit: &Visit) -> Response {
    let page = Signup { closed: true, ..page(visit, Gate::default()) };
    show_with(state, visit, CLOSED, &page)
}

/// Sign up
///
/// The response is the same whether or not the address has an account.
#[utoipa::path(post, path = "/v1/{realm}/signup", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn sign_up(
    State(state): State<AppState>,
    visit: Visit,
    cookie: RegistrationCookie,
    PageForm(mut fields): PageForm,
) -> Response {
    let typed = Typed::of(&fields, &["first_name", "last_name", "email", "phone", "country_code"]);
    let email = address(&mut fields);
    let mut given = |name| fields.take_filled(name);
    let form = CreateForm {
        first_name: given("first_name"),
        last_name: given("last_name"),
        phone: given("phone"),
        country_code: given("country_code"),
        password: given("password"),
        attributes: RawField::Missing,
        email: email.clone(),
    };
    match visit.request.accounts().create(&form).await {
        Ok(created) => {
            let response = SentTo::new(&email, "registration").show(&state, &visit);
            cookie.set(response, &state, &created.proof, visit.request.realm.policy.registration_ttl)
        }
        Err(error) if error.kind() == ErrorKind::Forbidden => closed(&state, &visit),
        Err(error) if error.code() == EMAIL_TAKEN.code => {
            let errors = vec![("email", "This email address already has an account. Sign in instead.".to_owned())];
            let gate = Gate { errors, form: typed.0, ..Gate::default() };
            show_with(&state, &visit, REFUSED_FORM, &page(&visit, gate))
        }
        Err(error) => again(&state, &visit, error, (Gate::default(), &typed), |gate| page(&visit, gate)),
    }
}
