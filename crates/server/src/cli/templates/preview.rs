use std::{fs, io, path::Path};

use portcullis_core::clock::Timestamp;

use crate::templates::{
    Templates,
    dev::{DEV_STYLESHEET, PreviewIndex},
};

/// Last line of `index.html`. Identifies a folder of previews.
const MARK: &str = "<!-- written by `portcullis templates preview` -->\n";

/// Writes all previews to a folder, with an index page.
pub(super) fn write(templates: &Templates, dir: &Path, now: Timestamp) -> io::Result<()> {
    keep_others(dir)?;
    let previews = templates.previews("..", now).map_err(io::Error::other)?;
    let page = PreviewIndex { previews: &previews, server: None };
    let index = templates.page(&page, "", now).map_err(io::Error::other)?;
    let (assets, samples) = (dir.join("assets"), dir.join("templates"));
    fs::create_dir_all(&assets)?;
    fs::create_dir_all(&samples)?;
    fs::write(assets.join("dev.css"), DEV_STYLESHEET)?;
    fs::write(assets.join("portcullis.css"), templates.stylesheet())?;
    let brand = assets.join("brand");
    fs::create_dir_all(&brand)?;
    for (name, file) in templates.brand_files() {
        fs::write(brand.join(name), &file.bytes)?;
    }
    for preview in previews.iter().filter(|preview| !preview.file.is_empty()) {
        fs::write(samples.join(&preview.file), &preview.html)?;
    }
    fs::write(dir.join("index.html"), index + "\n" + MARK)
}

/// Rejects a folder that contains anything other than an earlier preview.
fn keep_others(dir: &Path) -> io::Result<()> {
    let is_empty = match fs::read_dir(dir) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(error),
    };
    let is_preview = || fs::read_to_string(dir.join("index.html")).is_ok_and(|page| page.ends_with(MARK));
    if is_empty || is_preview() {
        return Ok(());
    }
    let text = format!("{} contains files other than an earlier preview, so nothing was written", dir.display());
    Err(io::Error::new(io::ErrorKind::AlreadyExists, text))
}
