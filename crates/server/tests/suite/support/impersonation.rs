//! Impersonation sessions for tests.

use serde_json::json;

use super::{
    Person, TestApp,
    admin::{Admin, REASON},
    json,
};

impl TestApp {
    /// Returns the administrator who impersonates users.
    pub async fn impersonator(&self) -> &Admin {
        let grants = ["auditor@*", "impersonate@*"];
        self.impersonator
            .get_or_init(async || {
                let owner = self.owner().await;
                self.admin(&owner, "impersonator@example.com", &grants).await
            })
            .await
    }

    /// Creates an impersonation session. Returns its access token.
    pub async fn impersonate(&self, person: &Person) -> String {
        self.impersonate_as(self.impersonator().await, person).await
    }

    /// Creates an impersonation session as this administrator.
    pub async fn impersonate_as(&self, admin: &Admin, person: &Person) -> String {
        let path = format!("/realms/{}/users/{}/impersonate", person.realm, person.id);
        let opened = json(admin.post(self, &path, json!({"reason": REASON, "minutes": 60})).await, 201).await;
        opened["access_token"].as_str().unwrap().to_owned()
    }
}
