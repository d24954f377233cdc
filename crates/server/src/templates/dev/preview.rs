use minijinja::{Value, context, value::Serde};

use super::DevServer;
use crate::templates::{Page, preview::Preview};

/// All mails and pages with samples.
pub(crate) struct PreviewIndex<'a> {
    pub(crate) previews: &'a [Preview],
    /// The server that shows them; none where they are files beside this page.
    pub(crate) server: Option<DevServer<'a>>,
}

impl Page for PreviewIndex<'_> {
    const NAME: &'static str = "preview.html";

    fn values(&self) -> Value {
        context! {
            page => "templates",
            // Never behind a proxy, so that the root is relative to the path of this page.
            root => if self.server.is_some() { ".." } else { "." },
            is_served => self.server.is_some(),
            previews => Value::from(Serde(self.previews)),
            ..self.server.map(DevServer::values).unwrap_or_default()
        }
    }
}
