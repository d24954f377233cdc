use minijinja::{Value, context};

use super::{Page, Person, Replaceable, account::frame};

/// Shows new recovery codes, once.
pub(crate) struct AccountSecurityCodes {
    pub(crate) user: Person,
    pub(crate) codes: Vec<String>,
    /// Link to download the codes as a file.
    pub(crate) action: String,
    /// Message for the next page.
    pub(crate) said: String,
}

impl Page for AccountSecurityCodes {
    const NAME: &'static str = "account_security_codes.html";

    fn values(&self) -> Value {
        let (action, said) = (self.action.as_str(), self.said.as_str());
        context! { codes => self.codes.clone(), action, said, ..frame(&self.user, "security", "account/security") }
    }
}

impl Replaceable for AccountSecurityCodes {
    const PURPOSE: &'static str = "Shows new recovery codes, once.";
    const SOURCE: &'static str = source!("pages/account_security_codes.html");

    fn samples() -> Vec<(&'static str, Self)> {
        let codes = [
            "wxwcb-yb6wk-952sw",
            "a0432-cf1xm-wcejz",
            "05xht-5gmej-146s6",
            "jr410-dd3yr-st4ch",
            "n5kn0-t78f6-03xzb",
            "cwc8t-r7std-0hk1d",
            "bs629-dwg0n-jr445",
            "df0qq-x8y8r-b9kef",
            "cacry-5t366-2gfsg",
            "tzjb4-8ey4h-dd14h",
        ];
        let codes = codes.map(str::to_owned).to_vec();
        vec![("", Self { user: Person::sample(), codes, action: "#".to_owned(), said: String::new() })]
    }
}
