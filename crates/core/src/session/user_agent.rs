//! Device names: browser and operating system, derived from the user agent.

/// A browser, and the user agent products that identify it.
struct Browser {
    name: &'static str,
    products: &'static [&'static str],
}

/// Known browsers. Most user agents also contain the names of browsers they imitate, so the first match is used.
const BROWSERS: [Browser; 12] = [
    Browser { name: "Edge", products: &["Edg/", "EdgA/", "EdgiOS/", "Edge/"] },
    Browser { name: "Opera", products: &["OPR/", "OPT/", "OPX/"] },
    Browser { name: "Samsung Internet", products: &["SamsungBrowser/"] },
    Browser { name: "Vivaldi", products: &["Vivaldi/"] },
    Browser { name: "Yandex Browser", products: &["YaBrowser/"] },
    Browser { name: "DuckDuckGo", products: &["DuckDuckGo/", "Ddg/"] },
    Browser { name: "UC Browser", products: &["UCBrowser/"] },
    Browser { name: "Silk", products: &["Silk/"] },
    Browser { name: "Whale", products: &["Whale/"] },
    Browser { name: "Firefox", products: &["Firefox/", "FxiOS/"] },
    Browser { name: "Chrome", products: &["Chrome/", "CriOS/"] },
    Browser { name: SAFARI, products: &["Safari/"] },
];

/// Known operating systems and how to identify them. Android user agents also contain Linux, so the first match is
/// used.
const SYSTEMS: [(&str, &[&str]); 7] = [
    ("iPadOS", &["iPad"]),
    ("iOS", &["iPhone", "iPod"]),
    ("Android", &["Android"]),
    ("ChromeOS", &["CrOS"]),
    ("Windows", &["Windows NT"]),
    ("macOS", &["Macintosh"]),
    ("Linux", &["Linux"]),
];

const SAFARI: &str = "Safari";
/// Systems with Safari. On other systems, a browser that claims to be Safari is unknown.
const APPLE: [&str; 3] = ["iPadOS", "iOS", "macOS"];

/// Returns the device name for this user agent, such as *Firefox on Linux*. Returns `None` if the browser or the
/// operating system is unknown.
#[must_use]
pub fn device_name(agent: &str) -> Option<String> {
    let (system, _) = SYSTEMS.iter().find(|(_, signs)| signs.iter().any(|sign| agent.contains(sign)))?;
    let products = || agent.split([' ', '(', ')', ';']);
    let names =
        |browser: &&Browser| products().any(|product| browser.products.iter().any(|name| product.starts_with(name)));
    let browser = BROWSERS.iter().find(names)?.name;
    let is_safari = APPLE.contains(system) && products().any(|product| product.starts_with("Version/"));
    (browser != SAFARI || is_safari).then(|| format!("{browser} on {system}"))
}
