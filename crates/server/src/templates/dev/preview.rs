use minijinja::{Value, context, value::Serde};

use super::DevServer;
use crate::templates::{Page, preview::Preview};

/// Overview of all emails and pages, rendered with samples.
pub(crate) struct PreviewIndex<'a> {
    pub(crate) previews: &'a [Preview],
    /// The server that shows the previews. `None` if they are files next to this page.
    pub(crate) server: Option<DevServer<'a>>,
}

impl Page for PreviewIndex<'_> {
    const NAME: &'static str = "preview.html";

    fn values(&self) -> Value {
        context! {
            page => "templates",
            // Developer pages are never behind a proxy, so a relative path works.
            root => if self.server.is_some() { ".." } else { "." },
            is_served => self.server.is_some(),
            previews => Value::from(Serde(self.previews)),
            ..self.server.map(DevServer::values).unwrap_or_default()
        }
    }
}
