use std::{fmt, path::Path};

use crate::config::{
    environment::Environment,
    report::Report,
    setting::{Entry, Info},
    values::Values,
};

/// A group of settings under one heading, with its checks.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    /// The settings, in documentation order.
    pub(crate) settings: &'static [&'static dyn Entry],
    /// Derives the values of settings that are not set.
    derive: fn(&mut Values, Environment),
    /// Reports contradictions and insecure values of server-wide settings.
    check: fn(&Values, &Context<'_>, &mut Report),
    /// Reports contradictions and insecure values of per-realm settings.
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

    /// Returns the settings for display. A family is expanded to the settings of its members.
    pub(crate) fn shown(&self, values: &Values) -> Vec<&'static Info> {
        let of_members: Vec<&'static Info> = values.names().settings().map(|setting| setting.info()).collect();
        let infos = self.settings.iter().map(|setting| setting.info());
        let shown = infos.flat_map(|info| match info.family() {
            None => vec![info],
            Some(family) => {
                let is_of = |info: &&&'static Info| is_member(info.name, family) && values.has(info.name);
                of_members.iter().filter(is_of).copied().collect()
            }
        });
        shown.collect()
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

/// Returns whether a setting belongs to a member of a family.
fn is_member(name: &str, (before, after): (&str, &str)) -> bool {
    let member = name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
    member.is_some_and(|member| !member.is_empty() && !member.contains('_'))
}

impl fmt::Debug for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Section").field("title", &self.title).finish_non_exhaustive()
    }
}

/// Declares the settings of a section: a static for each, and the list `SETTINGS`. A row has the format `NAME: type =
/// format, default, "sentence", flags…;`. Flags are `secret` (the value is never shown), `random` (the recommended
/// value is 32 random bytes) and `per_realm` (can be set for one realm). `NAME as "FAMILY_<NAME>_SETTING"` declares a
/// setting for each member of a family.
macro_rules! settings {
    (@name $name:ident) => { stringify!($name) };
    (@name $name:ident $called:literal) => { $called };
    ($($name:ident $(as $called:literal)?: $type:ty = $format:expr, $default:expr, $doc:literal $(, $flag:ident)*;)*) => {
        $(
            #[doc = $doc]
            pub(in crate::config) static $name: $crate::config::setting::Setting<$type> =
                $crate::config::setting::Setting::new(settings!(@name $name $($called)?), $format, $default, $doc)$(.$flag())*;
        )*

        /// The settings of this section, in documentation order.
        const SETTINGS: &[&dyn $crate::config::setting::Entry] = &[$(&$name),*];
    };
}

pub(super) use settings;
