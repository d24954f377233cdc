use minijinja::{Value, context};
use portcullis_core::message::Delivered;

use super::DevServer;
use crate::templates::Page;

/// The development mailbox, with one message opened.
pub(crate) struct Mailbox<'a> {
    pub(crate) server: DevServer<'a>,
    /// Messages, newest first.
    pub(crate) messages: &'a [Delivered],
    /// The opened message.
    pub(crate) shown: Option<&'a Delivered>,
    /// Whether the request named the message. Otherwise the newest one is opened.
    pub(crate) is_named: bool,
    pub(crate) view: MailboxView,
    /// Search text of the message list. Empty for all messages.
    pub(crate) search: &'a str,
}

/// View of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MailboxView {
    /// Rendered as in an email client.
    Html,
    /// The plain text.
    Text,
    /// The HTML source.
    Source,
}

impl MailboxView {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Text => "text",
            Self::Source => "source",
        }
    }
}

impl Page for Mailbox<'_> {
    const NAME: &'static str = "mailbox.html";

    fn values(&self) -> Value {
        context! {
            page => "mailbox",
            // Developer pages are never behind a proxy, so a relative path works.
            root => "..",
            messages => self.messages.iter().map(message).collect::<Vec<_>>(),
            shown => self.shown.map(message),
            is_named => self.is_named,
            view => self.view.as_str(),
            search => self.search,
            search_query => search_query(self.search),
            ..self.server.values()
        }
    }
}

/// Returns the part of a query that keeps the search, or an empty string.
fn search_query(search: &str) -> String {
    if search.is_empty() {
        return String::new();
    }
    format!("&{}", form_urlencoded::Serializer::new(String::new()).append_pair("search", search).finish())
}

fn message(message: &Delivered) -> Value {
    context! {
        id => message.id.as_str(),
        channel => message.channel.as_str(),
        to => message.to.as_str(),
        subject => message.subject.as_str(),
        text => message.text.as_str(),
        html => message.html.as_str(),
        links => &message.links,
        code => message.code.as_deref().unwrap_or_default(),
        created_at => message.created_at.to_string(),
        withheld => message.withheld.as_deref(),
    }
}
