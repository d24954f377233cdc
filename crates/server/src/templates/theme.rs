//! Colours of the pages, computed from a brand's single colour so that text and borders are always legible.
//!
//! Computed in OKLCH, whose lightness matches human perception. The limits are the contrast ratios of WCAG: 4.5 for
//! text, 3 for borders.

use crate::config::Rgb;

/// Light or dark pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Light,
    Dark,
}

/// Colours of one scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Background of the main button.
    pub fill: Rgb,
    /// Text on the main button.
    pub on: Rgb,
    pub hover: Rgb,
    /// Border of the main button.
    pub edge: Rgb,
    /// Links, focus rings and the current item.
    pub ink: Rgb,
    /// Background of the current item.
    pub tint: Rgb,
}

/// Minimum contrast of text.
const TEXT: f64 = 4.5;
/// Minimum contrast of borders and icons.
const MARK: f64 = 3.0;
/// Step size for changes of lightness.
const STEP: f64 = 0.005;
/// Text colours of the main button, in order of preference.
const ON: [Rgb; 3] = [Rgb([0xff; 3]), Rgb([0x0b, 0x11, 0x14]), Rgb([0; 3])];

impl Rgb {
    /// Returns the contrast ratio of two colours (WCAG 2.2).
    #[must_use]
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Blends this colour over another one with this opacity.
    fn over(self, ground: Self, share: f64) -> Self {
        let [[r, g, b], [under_r, under_g, under_b]] = [self.0, ground.0].map(|parts| parts.map(f64::from));
        let mix = |over: f64, under: f64| byte(over * share + under * (1.0 - share));
        Self([mix(r, under_r), mix(g, under_g), mix(b, under_b)])
    }
}

impl Scheme {
    /// Returns the background of cards.
    #[must_use]
    pub const fn surface(self) -> Rgb {
        match self {
            Self::Light => Rgb([0xff; 3]),
            Self::Dark => Rgb([0x14, 0x19, 0x1d]),
        }
    }

    /// Returns the background of pages.
    #[must_use]
    pub const fn ground(self) -> Rgb {
        match self {
            Self::Light => Rgb([0xf5, 0xf7, 0xf8]),
            Self::Dark => Rgb([0x0c, 0x10, 0x13]),
        }
    }

    const fn tint_share(self) -> f64 {
        match self {
            Self::Light => 0.10,
            Self::Dark => 0.14,
        }
    }
}

impl Palette {
    /// Default colours of light pages.
    pub(super) const DEFAULT_LIGHT: Self = Self {
        fill: Rgb([0x0b, 0x6b, 0x63]),
        on: Rgb([0xff; 3]),
        hover: Rgb([0x08, 0x53, 0x4d]),
        edge: Rgb([0x0b, 0x6b, 0x63]),
        ink: Rgb([0x0b, 0x6b, 0x63]),
        tint: Rgb([0xe4, 0xf2, 0xf0]),
    };
    /// Default colours of dark pages, chosen by hand.
    pub(super) const DEFAULT_DARK: Self = Self {
        fill: Rgb([0x3d, 0xb5, 0xa5]),
        on: Rgb([0x06, 0x21, 0x1d]),
        hover: Rgb([0x5c, 0xc8, 0xb9]),
        edge: Rgb([0x3d, 0xb5, 0xa5]),
        ink: Rgb([0x5c, 0xc8, 0xb9]),
        tint: Rgb([0x12, 0x30, 0x2c]),
    };

    /// Computes the colours for the light pages.
    #[must_use]
    pub fn light(color: Rgb) -> Self {
        Self::of(Scheme::Light, color, Lch::of(color))
    }

    /// Computes the colours for dark pages, from their own colour or from that of light pages.
    #[must_use]
    pub fn dark(color: Rgb, own: Option<Rgb>) -> Self {
        let (fill, lch) = own.map_or_else(|| in_the_dark(color), |own| (own, Lch::of(own)));
        Self::of(Scheme::Dark, fill, lch)
    }

    /// Computes the other colours. `lch` is the unrounded colour of the main button.
    fn of(scheme: Scheme, fill: Rgb, lch: Lch) -> Self {
        let surface = scheme.surface();
        let on = ON.into_iter().find(|on| on.contrast(fill) >= TEXT).unwrap_or(Rgb([0; 3]));
        let hover = if on == ON[0] { lch.lighter(-0.06) } else { lch.lighter(0.05) };
        let away = match scheme {
            Scheme::Light => -STEP,
            Scheme::Dark => STEP,
        };
        let (mut moved, mut ink) = (lch, fill);
        loop {
            let tint = ink.over(surface, scheme.tint_share());
            let can_be_read = [surface, scheme.ground(), tint].iter().all(|under| ink.contrast(*under) >= TEXT);
            if can_be_read || !(0.0..=1.0).contains(&moved.lightness) {
                let edge = if fill.contrast(surface) >= MARK { fill } else { ink };
                return Self { fill, on, hover: hover.rgb(), edge, ink, tint };
            }
            moved = moved.lighter(away);
            ink = moved.rgb();
        }
    }
}

/// Returns the colour of the main button on dark pages. Greys are inverted, and all colours are lightened until they
/// are visible.
fn in_the_dark(color: Rgb) -> (Rgb, Lch) {
    let surface = Scheme::Dark.surface();
    let (mut lch, mut fill) = (Lch::of(color), color);
    if lch.chroma < 0.03 {
        lch.lightness = 1.1 - lch.lightness;
        fill = lch.rgb();
    }
    while fill.contrast(surface) < MARK && lch.lightness < 1.0 {
        lch = lch.lighter(STEP);
        fill = lch.rgb();
    }
    (fill, lch)
}

/// A colour by lightness, chroma and hue (OKLCH).
#[derive(Clone, Copy, Debug)]
struct Lch {
    lightness: f64,
    chroma: f64,
    hue: f64,
}

impl Lch {
    fn of(color: Rgb) -> Self {
        let [r, g, b] = color.0.map(linear);
        let l = (0.412_221_470_8 * r + 0.536_332_536_3 * g + 0.051_445_992_9 * b).cbrt();
        let m = (0.211_903_498_2 * r + 0.680_699_545_1 * g + 0.107_396_956_6 * b).cbrt();
        let s = (0.088_302_461_9 * r + 0.281_718_837_6 * g + 0.629_978_700_5 * b).cbrt();
        let lightness = 0.210_454_255_3 * l + 0.793_617_785_0 * m - 0.004_072_046_8 * s;
        let a = 1.977_998_495_1 * l - 2.428_592_205_0 * m + 0.450_593_709_9 * s;
        let b = 0.025_904_037_1 * l + 0.782_771_766_2 * m - 0.808_675_766_0 * s;
        Self { lightness, chroma: a.hypot(b), hue: b.atan2(a) }
    }

    fn lighter(self, by: f64) -> Self {
        Self { lightness: self.lightness + by, ..self }
    }

    /// Returns the closest sRGB colour with the same lightness and hue.
    fn rgb(self) -> Rgb {
        let mut chroma = self.chroma;
        loop {
            let parts = Self { chroma, ..self }.linear();
            let fits = parts.iter().all(|part| (-0.001..=1.001).contains(part));
            if fits || chroma < 0.0001 {
                return Rgb(parts.map(|part| byte(encoded(part.clamp(0.0, 1.0)) * 255.0)));
            }
            chroma *= 0.97;
        }
    }

    fn linear(self) -> [f64; 3] {
        let (a, b) = (self.chroma * self.hue.cos(), self.chroma * self.hue.sin());
        let l = (self.lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
        let m = (self.lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
        let s = (self.lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
        [
            4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
            -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
            -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
        ]
    }
}

/// Converts an sRGB component to linear light.
fn linear(part: u8) -> f64 {
    let part = f64::from(part) / 255.0;
    if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
}

fn encoded(part: f64) -> f64 {
    if part <= 0.003_130_8 { 12.92 * part } else { 1.055 * part.powf(1.0 / 2.4) - 0.055 }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded, from 0 to 255")]
fn byte(part: f64) -> u8 {
    part.round().clamp(0.0, 255.0) as u8
}
