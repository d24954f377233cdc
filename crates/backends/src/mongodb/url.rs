//! URL options intended for other drivers.

/// Ignored options, in lower case. This program fixes their value, or they do not apply to this driver.
const WITHOUT_MEANING: &[&str] = &[
    // Conversion to language-specific objects.
    "datetime_conversion",
    "document_class",
    "tz_aware",
    "tzinfo",
    "unicode_decode_error_handler",
    "uuidrepresentation",
    // Connection options of drivers for other languages.
    "connect",
    "usenewurlparser",
    "useunifiedtopology",
    // This driver is built without compression.
    "compressors",
    "zlibcompressionlevel",
    // `DATABASE_TIMEOUT` limits each operation.
    "sockettimeoutms",
    "waitqueuetimeoutms",
    "wtimeoutms",
    // Correctness depends on these.
    "fsync",
    "journal",
    "maxstalenessseconds",
    "readconcernlevel",
    "readpreference",
    "readpreferencetags",
    "w",
];

/// Returns the URL without the ignored options, some of which the driver would reject.
pub(super) fn with_known_options(url: &str) -> String {
    let Some((address, options)) = url.split_once('?') else { return url.to_owned() };
    let has_meaning = |option: &&str| {
        let name = option.split_once('=').map_or(*option, |(name, _)| name);
        !WITHOUT_MEANING.contains(&name.to_ascii_lowercase().as_str())
    };
    let options: Vec<&str> = options.split('&').filter(has_meaning).collect();
    if options.is_empty() { address.to_owned() } else { format!("{address}?{}", options.join("&")) }
}
