//! Appearance of a realm's pages: the stylesheet with its colours, and its images. The path of each contains a hash of
//! its content.

use std::{collections::BTreeMap, fmt::Write, sync::Arc};

use data_encoding::HEXLOWER;
use minijinja::{Value, context};
use portcullis_core::seal::digest;

use super::theme::Palette;
use crate::config::{Brand, Corners, Image};

/// A file of a brand.
#[derive(Debug, Clone)]
pub(crate) struct BrandFile {
    pub(crate) kind: &'static str,
    pub(crate) bytes: Arc<[u8]>,
}

/// Appearance of a realm's pages.
#[derive(Debug)]
pub(super) struct Look {
    /// All files by name.
    files: BTreeMap<String, BrandFile>,
    stylesheet: String,
    logo: String,
    logo_dark: String,
    favicon: String,
    links: Vec<(String, String)>,
    /// Colours of light and dark pages.
    colours: [Palette; 2],
}

impl Look {
    /// Creates the appearance of a brand.
    pub(super) fn of(brand: &Brand) -> Self {
        let (light, dark) = palettes(brand);
        let mut look = Self {
            files: BTreeMap::new(),
            stylesheet: String::new(),
            logo: String::new(),
            logo_dark: String::new(),
            favicon: String::new(),
            links: brand.links.clone(),
            colours: [light.unwrap_or(Palette::DEFAULT_LIGHT), dark.unwrap_or(Palette::DEFAULT_DARK)],
        };
        look.logo = look.image(brand.logo.as_ref());
        look.logo_dark = look.image(brand.logo_dark.as_ref());
        look.favicon = look.image(brand.favicon.as_ref());
        look
    }

    /// Adds the stylesheet of the pages with the colours and corners of the brand, if it has any. It is a single file,
    /// because a second one would be a further request of each page.
    pub(super) fn add_stylesheet(&mut self, brand: &Brand, base: &str) {
        let (light, dark) = palettes(brand);
        let rules = rules(brand.corners, light, dark);
        if !rules.is_empty() {
            let css = format!("{base}\n{rules}");
            self.stylesheet = self.keep("css", "text/css; charset=utf-8", css.into_bytes().into());
        }
    }

    /// Returns all files by name.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &BrandFile)> {
        self.files.iter().map(|(name, file)| (name.as_str(), file))
    }

    /// Returns a file by its name.
    pub(super) fn file(&self, name: &str) -> Option<&BrandFile> {
        self.files.get(name)
    }

    /// Returns the colours for emails, which have no stylesheet.
    pub(super) fn colours(&self) -> Value {
        let [light, dark] = self.colours;
        let of = |palette: Palette| {
            let [fill, on, ink] = [palette.fill, palette.on, palette.ink].map(|colour| colour.to_string());
            context! { fill, on, ink }
        };
        context! { light => of(light), dark => of(dark) }
    }

    /// Returns the template values.
    pub(super) fn values(&self) -> Value {
        let link = |(key, url): &(String, String)| {
            let label = match key.as_str() {
                "terms" => "Terms",
                "privacy" => "Privacy",
                _ => "Help",
            };
            context! { key, label, url }
        };
        let links: Vec<Value> = self.links.iter().map(link).collect();
        let Self { stylesheet, logo, logo_dark, favicon, .. } = self;
        context! { stylesheet, logo, logo_dark, favicon, links }
    }

    fn image(&mut self, image: Option<&Image>) -> String {
        let Some(image) = image else { return String::new() };
        let (end, kind) = if image.is_svg { ("svg", "image/svg+xml") } else { ("png", "image/png") };
        self.keep(end, kind, Arc::clone(&image.bytes))
    }

    fn keep(&mut self, end: &str, kind: &'static str, bytes: Arc<[u8]>) -> String {
        let hash = digest([&*bytes]);
        let name = format!("{}.{end}", HEXLOWER.encode(hash.get(..12).unwrap_or_default()));
        self.files.insert(name.clone(), BrandFile { kind, bytes });
        name
    }
}

/// Returns the rules for the colours and corners of a brand. Empty if it changes nothing.
fn rules(corners: Corners, light: Option<Palette>, dark: Option<Palette>) -> String {
    let mut css = String::new();
    let corners = match corners {
        Corners::Soft => "",
        Corners::Square => "--r-control:0;--r-panel:0;--r-card:0;",
        Corners::Round => "--r-control:22px;--r-panel:20px;--r-card:24px;",
    };
    let light = light.map(variables).unwrap_or_default();
    if !light.is_empty() || !corners.is_empty() {
        // Writing to a String cannot fail.
        let _ = writeln!(css, ":root{{{light}{corners}}}");
    }
    if let Some(dark) = dark {
        let _ = writeln!(css, "@media (prefers-color-scheme:dark){{:root{{{}}}}}", variables(dark));
    }
    css
}

/// Returns the colours for light and dark pages. Dark pages can have their own colour, even if light pages have none.
fn palettes(brand: &Brand) -> (Option<Palette>, Option<Palette>) {
    let dark = brand.color.or(brand.color_dark).map(|color| Palette::dark(color, brand.color_dark));
    (brand.color.map(Palette::light), dark)
}

fn variables(palette: Palette) -> String {
    let Palette { fill, on, hover, edge, ink, tint } = palette;
    format!("--accent:{fill};--on-accent:{on};--accent-hover:{hover};--edge:{edge};--ink:{ink};--tint:{tint};")
}
