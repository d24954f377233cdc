//! Dashboard templates. Custom files cannot replace them, because what administrators see is part of the program.

mod filters;

use minijinja::{Environment, Value, value::Serde};

use super::{TemplateError, Templates};

/// Stylesheet of the dashboard.
pub(crate) const DASHBOARD_STYLESHEET: &str = stylesheet!("dashboard/dashboard.css");
/// Script of the dashboard.
pub(crate) const DASHBOARD_SCRIPT: &str = source!("dashboard/dashboard.js");

/// Name and source of each template.
pub(super) const TEMPLATES: [(&str, &str); 30] = [
    ("dash_account.html", source!("dashboard/account.html")),
    ("dash_admin.html", source!("dashboard/admin.html")),
    ("dash_admins.html", source!("dashboard/admins.html")),
    ("dash_audit.html", source!("dashboard/audit.html")),
    ("dash_base.html", source!("dashboard/base.html")),
    ("dash_begin.html", source!("dashboard/begin.html")),
    ("dash_client.html", source!("dashboard/client.html")),
    ("dash_clients.html", source!("dashboard/clients.html")),
    ("dash_codes.html", source!("dashboard/codes.html")),
    ("dash_deliveries.html", source!("dashboard/deliveries.html")),
    ("dash_error.html", source!("dashboard/error.html")),
    ("dash_form.html", source!("dashboard/form.html")),
    ("dash_gate.html", source!("dashboard/gate.html")),
    ("dash_invitations.html", source!("dashboard/invitations.html")),
    ("dash_keys.html", source!("dashboard/keys.html")),
    ("dash_menu.html", source!("dashboard/menu.html")),
    ("dash_nodes.html", source!("dashboard/nodes.html")),
    ("dash_once.html", source!("dashboard/once.html")),
    ("dash_overview.html", source!("dashboard/overview.html")),
    ("dash_parts.html", source!("dashboard/parts.html")),
    ("dash_realms.html", source!("dashboard/realms.html")),
    ("dash_settings.html", source!("dashboard/settings.html")),
    ("dash_setup.html", source!("dashboard/setup.html")),
    ("dash_sign_in.html", source!("dashboard/sign_in.html")),
    ("dash_sorry.html", source!("dashboard/sorry.html")),
    ("dash_two_step.html", source!("dashboard/two_step.html")),
    ("dash_user.html", source!("dashboard/user.html")),
    ("dash_user_apps.html", source!("dashboard/user_apps.html")),
    ("dash_users.html", source!("dashboard/users.html")),
    ("dash_why.html", source!("dashboard/why.html")),
];

/// Adds the filters used by these templates.
pub(super) fn add_filters(environment: &mut Environment<'static>) {
    environment.add_filter("day", filters::day);
    environment.add_filter("minute", filters::minute);
    environment.add_filter("second", filters::second);
    environment.add_filter("words", filters::words);
    environment.add_filter("number", filters::number);
}

impl Templates {
    /// Renders a dashboard page from API responses.
    pub(crate) fn dashboard(&self, name: &'static str, values: &serde_json::Value) -> Result<String, TemplateError> {
        self.engine.fill(name, Value::from(Serde(values)))
    }
}
