//! Appearance of a realm's pages.

use std::fs;

use portcullis::{
    config::Rgb,
    templates::theme::{Palette, Scheme},
};
use proptest::prelude::*;

use super::Browser;
use crate::support::TestApp;

/// Expected colours for four brand colours: button, text on it, border, links and background, for light and dark
/// pages.
const EXAMPLES: [(&str, &str, &str); 4] = [
    ("#6d28d9", "#6d28d9 #ffffff #6d28d9 #6d28d9 #f0eafb", "#793be9 #ffffff #793be9 #9c79fd #27263c"),
    ("#f97316", "#f97316 #0b1114 #b14f07 #b14f07 #f7ede6", "#f97316 #0b1114 #f97316 #f97316 #34261c"),
    ("#facc15", "#facc15 #0b1114 #846a00 #846a00 #f3f0e6", "#facc15 #0b1114 #facc15 #facc15 #34321c"),
    ("#111111", "#111111 #ffffff #111111 #111111 #e7e7e7", "#e5e5e5 #0b1114 #e5e5e5 #e5e5e5 #313639"),
];

#[test]
fn the_colours_are_those_of_the_design() {
    let text = |palette: Palette| {
        let Palette { fill, on, edge, ink, tint, .. } = palette;
        format!("{fill} {on} {edge} {ink} {tint}")
    };
    for (color, light, dark) in EXAMPLES {
        let color = Rgb::parse(color).unwrap();
        assert_eq!(
            (text(Palette::light(color)), text(Palette::dark(color, None))),
            (light.to_owned(), dark.to_owned())
        );
    }
}

fn can_be_read(color: Rgb) {
    for (scheme, palette) in [
        (Scheme::Light, Palette::light(color)),
        (Scheme::Dark, Palette::dark(color, None)),
        (Scheme::Dark, Palette::dark(Rgb([0; 3]), Some(color))),
    ] {
        let Palette { fill, on, edge, ink, tint, .. } = palette;
        assert!(on.contrast(fill) >= 4.5, "{color} {scheme:?}: {on} on {fill}");
        for ground in [scheme.surface(), scheme.ground(), tint] {
            assert!(ink.contrast(ground) >= 4.5, "{color} {scheme:?}: {ink} on {ground}");
        }
        assert!(edge.contrast(scheme.surface()) >= 3.0, "{color} {scheme:?}: {edge}");
    }
}

#[test]
fn the_ends_of_the_cube_can_be_read() {
    for bits in 0..8_u8 {
        can_be_read(Rgb([bits & 1, bits >> 1 & 1, bits >> 2 & 1].map(|bit| bit * 255)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_colour_can_be_read_in_both_schemes(parts in any::<[u8; 3]>()) {
        can_be_read(Rgb(parts));
    }
}

#[tokio::test]
async fn a_realm_has_its_own_name_colours_logo_and_links() {
    let folder = tempfile::tempdir().unwrap();
    let logo = folder.path().join("logo.svg");
    fs::write(&logo, "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>").unwrap();
    let settings = [
        ("REALM_USER1_BRAND_NAME", "Acme"),
        ("REALM_USER1_BRAND_COLOR", "#6d28d9"),
        ("REALM_USER1_BRAND_CORNERS", "round"),
        ("REALM_USER1_BRAND_LOGO", logo.to_str().unwrap()),
        ("REALM_USER1_BRAND_LINKS", "terms=https://acme.example/terms, help=https://acme.example/help"),
    ];
    let app = TestApp::with(&settings).await;
    let page = Browser::new(&app).get("/User1/signin").await;
    assert!(page.body.contains("<title>Sign in \u{b7} Acme</title>"), "{}", page.body);
    for link in ["<a href=\"https://acme.example/terms\">Terms</a>", "<a href=\"https://acme.example/help\">Help</a>"] {
        assert!(page.body.contains(link), "{link}");
    }
    let files: Vec<&str> =
        page.body.split("/assets/brand/").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(files.len(), 2);
    assert_eq!(page.body.matches("rel=\"stylesheet\"").count(), 1, "a second one would be another request");
    let css = app.get(&format!("/assets/brand/{}", files[0])).await;
    assert_eq!(css.headers()["content-type"], "text/css; charset=utf-8");
    assert_eq!(css.headers()["cache-control"], "public, max-age=31536000, immutable");
    let css = css.text().await.unwrap();
    assert!(
        css.contains("main.card {")
            && css.contains("--accent:#6d28d9;")
            && css.contains("--accent:#793be9;")
            && css.contains("--r-card:24px"),
        "{css}"
    );
    let logo = app.get(&format!("/assets/brand/{}", files[1])).await;
    assert_eq!(logo.headers()["content-type"], "image/svg+xml");
    let policy = logo.headers()["content-security-policy"].to_str().unwrap();
    assert_eq!(policy, "default-src 'none'; style-src 'unsafe-inline'; sandbox");
    // The other realm is unchanged, and other file names are not found.
    let other = Browser::new(&app).get("/User2/signin").await.body;
    assert!(other.contains("Portcullis") && !other.contains("/assets/brand/"));
    assert_eq!(app.get("/assets/brand/logo.svg").await.status(), 404);
}
