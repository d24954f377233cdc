//! The built-in viewers. `assets/vendor/README.md` has their sources and versions.

/// A third-party program that shows the description of the API in a page.
#[derive(Debug)]
pub(super) struct Viewer {
    /// Name of its folder, and of its entry in `docs.js`.
    pub(super) name: &'static str,
    /// Name for people.
    pub(super) title: &'static str,
    pub(super) version: &'static str,
    pub(super) files: &'static [File],
    /// Content policy of its page.
    pub(super) policy: &'static str,
}

/// A compressed file of a viewer.
#[derive(Debug)]
pub(super) struct File {
    pub(super) name: &'static str,
    pub(super) content_type: &'static str,
    pub(super) gzip: &'static [u8],
}

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! file {
    ($name:literal, $content_type:ident, $path:literal) => {
        File {
            name: $name,
            content_type: $content_type,
            gzip: include_bytes!(concat!("../../../../assets/vendor/", $path, ".gz")),
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

pub(super) static SWAGGER: Viewer = Viewer {
    name: "swagger-ui",
    title: "Swagger UI",
    version: "5.35.0",
    files: &[
        file!("swagger-ui-bundle.js", JAVASCRIPT, "swagger-ui/swagger-ui-bundle.js"),
        file!("swagger-ui.css", CSS, "swagger-ui/swagger-ui.css"),
    ],
    policy: policy!("style-src 'self'"),
};

pub(super) static REDOC: Viewer = Viewer {
    name: "redoc",
    title: "ReDoc",
    version: "3.0.1",
    files: &[file!("redoc.standalone.js", JAVASCRIPT, "redoc/redoc.standalone.js")],
    policy: policy!("style-src 'self' 'unsafe-inline'; font-src data:"),
};

impl Viewer {
    const ALL: [&'static Self; 2] = [&SWAGGER, &REDOC];

    /// Returns the file at `/assets/vendor/{name}/{version}/{file}`.
    pub(super) fn file(name: &str, version: &str, file: &str) -> Option<&'static File> {
        let viewer = Self::ALL.into_iter().find(|viewer| viewer.name == name && viewer.version == version)?;
        viewer.files.iter().find(|known| known.name == file)
    }

    /// Returns the path of its file with this ending, below the root of the server.
    pub(super) fn path_of(&self, ending: &str) -> Option<String> {
        let file = self.files.iter().find(|file| file.name.ends_with(ending))?;
        Some(format!("/assets/vendor/{}/{}/{}", self.name, self.version, file.name))
    }
}
