use std::path::PathBuf;

use super::{
    accounts::PASSWORD_MIN_LENGTH,
    general::{APP_NAME, PUBLIC_URL, TEMPLATES_DIR},
};
use crate::{config::values::Values, templates::Look};

/// What templates need, by itself: they can be judged before the rest of the settings is right.
#[derive(Debug)]
pub(crate) struct Looks {
    /// The operator's folder.
    pub(crate) dir: Option<PathBuf>,
    /// What all templates may say.
    pub(crate) look: Look,
}

impl Looks {
    pub(in crate::config) fn read(values: &Values) -> Option<Self> {
        let look = Look {
            app_name: values.get(&APP_NAME)?,
            root: values.get(&PUBLIC_URL)?.path().to_owned(),
            min_length: values.get(&PASSWORD_MIN_LENGTH)?,
        };
        Some(Self { dir: values.path(&TEMPLATES_DIR), look })
    }
}
