//! Brand settings: name, colours, logo and links of a realm's pages.

use std::{
    fmt,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    general::APP_NAME,
    section::{Section, settings},
};
use crate::config::{
    fix::Fix,
    report::Report,
    setting::{
        Fallback::{Derived, Fixed, Nothing},
        Setting,
    },
    value::{COLOR, Choice, LINKS, PATH, Rgb, TEXT, choice},
    values::Values,
};

pub(super) const SECTION: Section =
    Section::new("Brand", SETTINGS).deriving(|values, _| derive(values)).checked_per_realm(check_realm);

settings! {
    BRAND_NAME: String = TEXT, Derived("`APP_NAME`"),
        "Name on pages and in emails.", per_realm;
    BRAND_COLOR: Rgb = COLOR, Nothing,
        "Colour of buttons and links on pages. All other colours are computed from it, so that text is always legible.", per_realm;
    BRAND_COLOR_DARK: Rgb = COLOR, Derived("computed from `BRAND_COLOR`"),
        "Colour of buttons on dark pages.", per_realm;
    BRAND_LOGO: PathBuf = PATH, Nothing,
        "Logo on pages: an SVG or PNG file of at most 64 KiB, shown 32 pixels high and at most 192 wide. Without it, pages show the first letter of the name.", per_realm;
    BRAND_LOGO_DARK: PathBuf = PATH, Nothing,
        "Logo on dark pages.", per_realm;
    BRAND_FAVICON: PathBuf = PATH, Nothing,
        "Icon of pages in the browser: an SVG or PNG file of at most 64 KiB.", per_realm;
    BRAND_CORNERS: Corners = choice(), Fixed("soft"),
        "Corners of cards, fields and buttons: `square`, `soft` or `round`.", per_realm;
    BRAND_LINKS: Vec<(String, String)> = LINKS, Nothing,
        "Footer links of pages, as `KEY=URL`, separated by commas. Keys are `terms`, `privacy` and `help`.", per_realm;
}

/// Maximum size of an image file.
const MAX_BYTES: u64 = 64 * 1024;

/// Corner style of cards, fields and buttons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Corners {
    Square,
    #[default]
    Soft,
    Round,
}

impl Choice for Corners {
    const WORDS: &'static [(&'static str, Self)] =
        &[("square", Self::Square), ("soft", Self::Soft), ("round", Self::Round)];
    const PLACEHOLDER: &'static str = "square|soft|round";
}

/// An image of a brand.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    pub bytes: Arc<[u8]>,
    /// Whether it is SVG. Otherwise it is PNG.
    pub is_svg: bool,
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image").field("bytes", &self.bytes.len()).field("is_svg", &self.is_svg).finish()
    }
}

/// Brand of a realm's pages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brand {
    pub color: Option<Rgb>,
    pub color_dark: Option<Rgb>,
    pub logo: Option<Image>,
    pub logo_dark: Option<Image>,
    pub favicon: Option<Image>,
    pub corners: Corners,
    /// Footer links, by `terms`, `privacy` and `help`.
    pub links: Vec<(String, String)>,
}

impl Brand {
    pub(super) fn read(values: &Values) -> Option<Self> {
        let image = |setting| values.path(setting).and_then(|path| Image::read(&path).ok());
        Some(Self {
            color: values.get(&BRAND_COLOR),
            color_dark: values.get(&BRAND_COLOR_DARK),
            logo: image(&BRAND_LOGO),
            logo_dark: image(&BRAND_LOGO_DARK),
            favicon: image(&BRAND_FAVICON),
            corners: values.get(&BRAND_CORNERS)?,
            links: values.get(&BRAND_LINKS).unwrap_or_default(),
        })
    }
}

impl Image {
    /// Reads an image. The error describes what is wrong with the file.
    fn read(path: &Path) -> Result<Self, String> {
        let mut bytes = Vec::new();
        let file = File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes));
        file.map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(format!("{} is larger than 64 KiB", path.display()));
        }
        let is_png = bytes.starts_with(b"\x89PNG\r\n\x1a\n");
        let is_svg = std::str::from_utf8(&bytes).is_ok_and(|text| text.contains("<svg"));
        if is_png || is_svg {
            return Ok(Self { bytes: bytes.into(), is_svg: !is_png });
        }
        Err(format!("{} is neither SVG nor PNG", path.display()))
    }
}

fn derive(values: &mut Values) {
    values.derive(&BRAND_NAME, |values| values.get(&APP_NAME));
}

fn check_realm(values: &Values, report: &mut Report) {
    let images: [&'static Setting<PathBuf>; 3] = [&BRAND_LOGO, &BRAND_LOGO_DARK, &BRAND_FAVICON];
    for setting in images {
        if let Some(Err(wrong)) = values.path(setting).map(|path| Image::read(&path)) {
            report.problem(setting.name(), wrong, Fix::Unset(setting.name()));
        }
    }
}
