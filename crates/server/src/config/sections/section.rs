use std::{fmt, path::Path};

use crate::config::{environment::Environment, report::Report, setting::Entry, values::Values};

/// A group of settings under one heading, with its checks.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    /// The settings, in documentation order.
    pub(crate) settings: &'static [&'static dyn Entry],
    /// Derives the values of settings that are not set.
    derive: fn(&mut Values, Environment),
    /// Reports contradictions and insecure values of server-wide settings.
    check: fn(&Values, &Context<'_>, &mut Report),
    /// Reports the same for per-realm settings.
    check_realm: fn(&Values, &mut Report),
}

/// Inputs of checks in addition to the values.
#[derive(Debug)]
pub(in crate::config) struct Context<'a> {
    pub(in crate::config) environment: Environment,
    /// The generated secrets file, if it exists.
    pub(in crate::config) secrets_file: Option<&'a Path>,
}

impl Section {
    pub(super) const fn new(title: &'static str, settings: &'static [&'static dyn Entry]) -> Self {
        Self { title, settings, derive: |_, _| {}, check: |_, _, _| {}, check_realm: |_, _| {} }
    }

    pub(super) const fn deriving(self, derive: fn(&mut Values, Environment)) -> Self {
        Self { derive, ..self }
    }

    pub(super) const fn checked(self, check: fn(&Values, &Context<'_>, &mut Report)) -> Self {
        Self { check, ..self }
    }

    pub(super) const fn checked_per_realm(self, check_realm: fn(&Values, &mut Report)) -> Self {
        Self { check_realm, ..self }
    }

    pub(super) fn derive(&self, values: &mut Values, environment: Environment) {
        (self.derive)(values, environment);
    }

    pub(super) fn check(&self, values: &Values, context: &Context<'_>, report: &mut Report) {
        (self.check)(values, context, report);
    }

    pub(super) fn check_realm(&self, values: &Values, report: &mut Report) {
        (self.check_realm)(values, report);
    }
}

impl fmt::Debug for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Section").field("title", &self.title).finish_non_exhaustive()
    }
}

/// Declares the settings of a section: a static for each, and `SETTINGS`, the list of all. A row is `NAME: type = format,
/// default, "sentence", flags…;`. Flags are `secret` (the value is never shown), `random` (the recommended value is 32 random
/// bytes) and `per_realm` (can be set for one realm).
macro_rules! settings {
    ($($name:ident: $type:ty = $format:expr, $default:expr, $doc:literal $(, $flag:ident)*;)*) => {
        $(
            #[doc = $doc]
            pub(in crate::config) static $name: $crate::config::setting::Setting<$type> =
                $crate::config::setting::Setting::new(stringify!($name), $format, $default, $doc)$(.$flag())*;
        )*

        /// The settings of this section, in documentation order.
        const SETTINGS: &[&dyn $crate::config::setting::Entry] = &[$(&$name),*];
    };
}

pub(super) use settings;
