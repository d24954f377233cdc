//! Responses that must not differ.

use reqwest::Response;

/// A response without the parts that differ in each request: its ID and the date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Answer {
    pub(super) async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        let all = response.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
        let mut headers: Vec<_> = all.filter(|(name, _)| name != "date" && name != "x-request-id").collect();
        headers.sort();
        Self { status, headers, body: response.text().await.unwrap().replace(&id, "ID-OF-THE-REQUEST") }
    }

    /// Removes a value from the body.
    pub(super) fn without(mut self, value: &str) -> Self {
        assert!(self.body.contains(value), "{value} is not in {}", self.body);
        self.body = self.body.replace(value, "…");
        self
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }
}

/// Asserts that all responses are equal to the first.
#[track_caller]
pub(super) fn assert_alike(answers: &[(String, Answer)]) {
    let (first, expected) = &answers[0];
    for (what, answer) in answers {
        assert_eq!(answer, expected, "`{what}` is not answered like `{first}`");
    }
}
