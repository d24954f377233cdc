//! The built-in viewers. `assets/vendor/README.md` lists their sources and versions.

use std::io::Read;

use bytes::Bytes;
use flate2::read::GzDecoder;
use portcullis_core::Error;
use tokio::{sync::OnceCell, task::spawn_blocking};

/// A third-party program that shows the API description in a page.
#[derive(Debug)]
pub(super) struct Viewer {
    /// Name of its folder, and of its entry in `docs.js`.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) version: &'static str,
    pub(super) files: &'static [File],
    /// Content security policy of its page.
    pub(super) policy: &'static str,
}

/// A compressed file of a viewer.
pub(super) struct File {
    pub(super) name: &'static str,
    pub(super) content_type: &'static str,
    pub(super) gzip: &'static [u8],
    /// The decompressed content, shared by all responses. It is created by the first request that needs it.
    plain: OnceCell<Bytes>,
}

impl std::fmt::Debug for File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "File({})", self.name)
    }
}

impl File {
    /// Returns the length of the decompressed content, which is in the last four bytes (RFC 1952 §2.3.1).
    pub(super) fn plain_length(&self) -> usize {
        let stated = self.gzip.last_chunk().copied().map(u32::from_le_bytes);
        stated.and_then(|length| usize::try_from(length).ok()).unwrap_or_default()
    }

    /// Returns the decompressed content. It is decompressed once, in a blocking thread.
    pub(super) async fn plain(&'static self) -> Result<Bytes, Error> {
        let unpack = || {
            let mut plain = Vec::with_capacity(self.plain_length());
            GzDecoder::new(self.gzip).read_to_end(&mut plain).map(|_| Bytes::from(plain))
        };
        let unpacked = self.plain.get_or_try_init(|| async {
            spawn_blocking(unpack).await.map_err(Error::internal)?.map_err(Error::internal)
        });
        unpacked.await.cloned()
    }
}

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! file {
    ($name:literal, $content_type:ident, $path:literal) => {
        File {
            name: $name,
            content_type: $content_type,
            gzip: include_bytes!(concat!("../../../../assets/vendor/", $path, ".gz")),
            plain: OnceCell::const_new(),
        }
    };
}

macro_rules! policy {
    ($($more:literal),*) => {
        concat!(
            "default-src 'none'; script-src 'self'; connect-src 'self'; form-action 'self'; object-src 'none'; \
             base-uri 'none'; frame-ancestors 'none'; img-src 'self' data:; ",
            $($more),*
        )
    };
}

static SWAGGER_FILES: [File; 2] = [
    file!("swagger-ui-bundle.js", JAVASCRIPT, "swagger-ui/swagger-ui-bundle.js"),
    file!("swagger-ui.css", CSS, "swagger-ui/swagger-ui.css"),
];

static REDOC_FILES: [File; 1] = [file!("redoc.standalone.js", JAVASCRIPT, "redoc/redoc.standalone.js")];

pub(super) static SWAGGER: Viewer = Viewer {
    name: "swagger-ui",
    title: "Swagger UI",
    version: "5.35.0",
    files: &SWAGGER_FILES,
    policy: policy!("style-src 'self'"),
};

pub(super) static REDOC: Viewer = Viewer {
    name: "redoc",
    title: "ReDoc",
    version: "3.0.1",
    files: &REDOC_FILES,
    policy: policy!("style-src 'self' 'unsafe-inline'; font-src data:"),
};

impl Viewer {
    const ALL: [&'static Self; 2] = [&SWAGGER, &REDOC];

    /// Returns the file at `/assets/vendor/{name}/{version}/{file}`.
    pub(super) fn file(name: &str, version: &str, file: &str) -> Option<&'static File> {
        let viewer = Self::ALL.into_iter().find(|viewer| viewer.name == name && viewer.version == version)?;
        viewer.files.iter().find(|known| known.name == file)
    }

    /// Returns the path of the file with this suffix, relative to the root of the server.
    pub(super) fn path_of(&self, ending: &str) -> Option<String> {
        let file = self.files.iter().find(|file| file.name.ends_with(ending))?;
        Some(format!("/assets/vendor/{}/{}/{}", self.name, self.version, file.name))
    }
}
