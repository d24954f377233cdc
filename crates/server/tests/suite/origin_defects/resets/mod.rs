//! Rows D12 to D18, D24, D45, D53, D58 and D78 to D80: password resets by email.

mod concealment;
mod effects;
mod links;

use crate::support::TestApp;

const NEW: &str = "chosen by the owner";

async fn reset(app: &TestApp, path: &str, password: &str) -> u16 {
    app.post_form(path, &[("password", password)]).await.status().as_u16()
}
