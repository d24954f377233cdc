//! QR codes.

use portcullis_core::Error;
use qrcode::{EcLevel, QrCode, render::svg};

/// Separates a secret into groups of four letters, which are easier to type.
pub(super) fn in_fours(key: &str) -> String {
    let letters: Vec<char> = key.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// Draws a QR code with the required quiet zone.
///
/// # Errors
/// Returns `Internal` if the text is too long.
pub(super) fn svg(text: &str) -> Result<String, Error> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(Error::internal)?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(240, 240).quiet_zone(true).build())
}
