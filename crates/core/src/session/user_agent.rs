//! Names of devices: browser and system, as a user agent names them.

/// A browser, and the products that name it.
struct Browser {
    name: &'static str,
    products: &'static [&'static str],
}

/// Browsers. Most name those that they imitate, too, so that the first match counts.
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

/// Systems, and what names them. Android names Linux, too, so that the first match counts.
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
/// Systems that have Safari; elsewhere only browsers without a name of their own say so.
const APPLE: [&str; 3] = ["iPadOS", "iOS", "macOS"];

/// Returns the name of the device that sends this user agent, such as *Firefox on Linux*; `None` if the browser or the system is
/// not one of the tables.
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
