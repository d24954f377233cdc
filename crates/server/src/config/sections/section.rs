use std::{fmt, path::Path};

use crate::config::{environment::Environment, report::Report, setting::Entry, values::Values};

/// A group of settings under one heading, with the rules about them.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    /// The settings, in the order in which they are listed.
    pub(crate) settings: &'static [&'static dyn Entry],
    /// Gives settings that are not set the values that follow from others.
    derive: fn(&mut Values, Environment),
    /// Reports what contradicts itself and what is insecure in the settings that are server-wide.
    check: fn(&Values, &Context<'_>, &mut Report),
    /// Reports the same of the settings that can be set for one realm.
    check_realm: fn(&Values, &mut Report),
}

/// What checks need beside the values.
#[derive(Debug)]
pub(in crate::config) struct Context<'a> {
    pub(in crate::config) environment: Environment,
    /// The file of generated secrets, if it exists.
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

/// Declares the settings of a section: a static for each, and `SETTINGS`, the list of all. A row is
/// `NAME: type = format, default, "sentence", flags…;`. Flags are `secret` (the value is never shown), `random` (the best
/// value is 32 random bytes), `reserved` (accepted and checked, without effect in this version) and `per_realm` (can be
/// set for one realm).
macro_rules! settings {
    ($($name:ident: $type:ty = $format:expr, $default:expr, $doc:literal $(, $flag:ident)*;)*) => {
        $(
            #[doc = $doc]
            pub(in crate::config) static $name: $crate::config::setting::Setting<$type> =
                $crate::config::setting::Setting::new(stringify!($name), $format, $default, $doc)$(.$flag())*;
        )*

        /// The settings of this section, in the order in which they are listed.
        const SETTINGS: &[&dyn $crate::config::setting::Entry] = &[$(&$name),*];
    };
}

pub(super) use settings;
