//! Help of what verbs are about, and of their flags.

use super::client_grammar::client_flag_help;

pub(super) fn subject_help(subject: &str) -> &'static str {
    match subject {
        "USER" => "Identifier or address; `-` reads it from standard input, `@FILE` from a file",
        "ADDRESS" => "Address; `-` reads it from standard input, `@FILE` from a file",
        "WHAT" => "Address or words; `-` reads it from standard input, `@FILE` from a file",
        "NAME" => "Name of the key",
        "[FILE]" => "Export with blocks [default: the database]",
        "REQUEST_ID" => "Identifier of the request, from the answer or the log",
        "CLIENT" => "Identifier of the client (`client_id`)",
        _ => "Identifier from the list",
    }
}

pub(super) fn flag_help(flag: &str) -> &'static str {
    match flag {
        "realm" => "Realm of the user [default: the only one]",
        "role" => "Role; of administrators ROLE[@REALM]. May be repeated",
        "reason" => "Reason of 10 to 500 characters, for the audit trail",
        "until" => "When the lock ends by itself (RFC 3339)",
        "minutes" => "Length of the session, at most 60",
        "limit" => "Number of entries, at most 200",
        "cursor" => "`next` of another page",
        "status" => "`active`, `locked` or `invited`",
        "state" => "`waiting`, `retrying` or `dead`",
        "channel" => "`mail` or `sms`",
        "force" => "Also while tokens of the key are valid",
        "send" => "`invite` or `nothing`",
        "print" => "Print the link, and send no mail",
        "yes" => "Do not ask",
        "email-verified" => "The user exists at once, without a password",
        "no-notify" => "Send no mail",
        "no-roles" => "Remove all roles",
        "session" => "Only this session",
        "allow" => "Verb that the key may use like a recent proof. May be repeated",
        "network" => "Network from which the key is accepted. May be repeated",
        "expires-at" => "End of the key (RFC 3339)",
        "email" => "Address",
        "user" => "Identifier of the user whom the rows are about",
        "event" => "Name of an event",
        "actor" => "Identifier of who acted",
        "outcome" => "`ok`, `refused` or `failed`",
        "request-id" => "Identifier of a request",
        "from" => "Earliest time (RFC 3339); of `verify` the number of the first block",
        "to" => "End of the time (RFC 3339)",
        "chain" => "`main`, or `reads`: what administrators have read",
        "blocks" => "Whole blocks with their rows, which can be verified",
        "checkpoints" => "Log of a server, whose lines `audit block sealed` are compared",
        "public-key" => "File with the trusted keys, as printed by `audit key`",
        "retention" => "Shortest `AUDIT_RETENTION` ever set [default: that of the server; of a file 400d]",
        "retention-reads" => "Shortest `AUDIT_RETENTION_READS` ever set [default: that of the server; of a file 90d]",
        "phone" => "Number",
        "first-name" => "Given name",
        "last-name" => "Family name",
        _ => client_flag_help(flag),
    }
}
