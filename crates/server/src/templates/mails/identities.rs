use std::time::Duration;

use super::MailView;

const FACTS: &[(&str, &str)] = &[("provider", "Google"), ("called", "john@gmail.com")];

/// Contains the link to link an account at another provider.
pub(super) const LINK_IDENTITY: MailView = MailView {
    sample_lifetime: Duration::from_secs(1800),
    facts: &[("provider", "Google")],
    ..mail!(
        "mail_link_identity",
        "To the owner of an address with which an account at a provider came: the link that links it."
    )
};

/// Notifies the owner of an account that an account at another provider was linked.
pub(super) const IDENTITY_LINKED: MailView = MailView {
    sample_lifetime: Duration::from_secs(604800),
    facts: FACTS,
    ..mail!("mail_identity_linked", "After an account at another provider was linked: the link that undoes it.")
};

/// Notifies the owner of an account that an account at another provider was linked, if it cannot be undone.
pub(super) const IDENTITY_LINKED_FOR_GOOD: MailView =
    MailView { facts: FACTS, ..mail!("mail_identity_linked_for_good", "The same, if `ADDITION_UNDO` is 0.") };

/// Notifies the owner of an account that an account at another provider was unlinked.
pub(super) const IDENTITY_UNLINKED: MailView =
    MailView { facts: FACTS, ..mail!("mail_identity_unlinked", "After an account at another provider was unlinked.") };
