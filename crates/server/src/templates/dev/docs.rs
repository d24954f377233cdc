use minijinja::{Value, context};

use crate::templates::Page;

/// An API documentation viewer.
pub(crate) struct Docs<'a> {
    /// Name of the viewer, used by the script.
    pub(crate) viewer: &'a str,
    pub(crate) title: &'a str,
    /// Path of the viewer's script, relative to the root of the server.
    pub(crate) script: Option<String>,
    /// Path of its stylesheet.
    pub(crate) style: Option<String>,
}

impl Page for Docs<'_> {
    const NAME: &'static str = "docs.html";

    fn values(&self) -> Value {
        context! {
            viewer => self.viewer,
            viewer_title => self.title,
            viewer_script => self.script.as_deref(),
            viewer_style => self.style.as_deref(),
        }
    }
}
