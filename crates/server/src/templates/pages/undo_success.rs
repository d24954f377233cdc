use minijinja::{Value, context};

use super::{Page, Replaceable};

/// Shown when a registration was discarded.
pub(crate) struct UndoSuccess;

impl Page for UndoSuccess {
    const NAME: &'static str = "undo_success.html";

    fn values(&self) -> Value {
        context! {}
    }
}

impl Replaceable for UndoSuccess {
    const PURPOSE: &'static str = "The registration is discarded.";
    const SOURCE: &'static str = source!("pages/undo_success.html");

    fn samples() -> Vec<(&'static str, Self)> {
        vec![("", Self)]
    }
}
