use std::fmt;

use super::ValueFormat;

/// An sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub [u8; 3]);

impl Rgb {
    /// Parses a colour of the form `#rrggbb`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self([red, green, blue]))
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// Format of settings that contain a colour.
pub(crate) const COLOR: ValueFormat<Rgb> =
    ValueFormat::new("#RRGGBB", |text| Rgb::parse(text).ok_or_else(|| "must be a colour such as `#0b6b63`".to_owned()))
        .meaning(|text| {
            let digits = text.trim_start_matches('#').to_ascii_lowercase();
            let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
            match digits.len() {
                6 if is_hex => Some(format!("#{digits}")),
                3 if is_hex => Some(digits.chars().fold("#".to_owned(), |all, digit| format!("{all}{digit}{digit}"))),
                _ => None,
            }
        })
        .like("#0b6b63");
