use std::path::PathBuf;

use super::{
    accounts::PASSWORD_MIN_LENGTH,
    brand::{BRAND_NAME, Brand},
    general::{APP_URL, DEFAULT_LOCALE, Locale, PUBLIC_URL, TEMPLATES_DIR},
    pages::PAGES,
};
use crate::config::values::Values;

/// Template values that come from the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branding {
    /// `BRAND_NAME`.
    pub app_name: String,
    /// `APP_URL`. Empty if not set.
    pub app_url: String,
    /// Path of `PUBLIC_URL`: empty, or for example `/auth` for `https://example.com/auth`.
    pub root: String,
    pub min_length: usize,
    /// Whether people can sign in on pages (`PAGES`).
    pub pages: bool,
    pub brand: Brand,
}

/// Template settings. They can be read even if other settings are invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Templates {
    pub dir: Option<PathBuf>,
    /// `DEFAULT_LOCALE`: the built-in templates have one language.
    pub locale: Locale,
    /// Template values that come from the settings.
    pub branding: Branding,
}

impl Templates {
    pub(in crate::config) fn read(values: &Values) -> Option<Self> {
        let branding = Branding {
            app_name: values.get(&BRAND_NAME)?,
            app_url: values.get(&APP_URL).unwrap_or_default(),
            root: values.get(&PUBLIC_URL)?.path().to_owned(),
            min_length: values.get(&PASSWORD_MIN_LENGTH)?,
            pages: values.get(&PAGES)?,
            brand: Brand::read(values)?,
        };
        Some(Self { dir: values.path(&TEMPLATES_DIR), locale: values.get(&DEFAULT_LOCALE)?, branding })
    }
}
