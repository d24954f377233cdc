//! Reading of text files with settings.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

/// Reads a text file of at most 1 MiB. A larger file, for example a device or a disk image given by mistake, is an
/// error.
pub(super) fn read(path: &Path) -> io::Result<String> {
    const MAX: u64 = 1 << 20;
    let mut text = String::new();
    File::open(path)?.take(MAX + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX { Err(io::Error::other("it is larger than 1 MiB")) } else { Ok(text) }
}
