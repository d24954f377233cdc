//! Help texts of arguments and flags.

use super::client_grammar::client_flag_help;

pub(super) fn subject_help(subject: &str) -> &'static str {
    match subject {
        "USER" => "Identifier or address; `-` reads it from standard input, `@FILE` from a file",
        "ADDRESS" => "Address; `-` reads it from standard input, `@FILE` from a file",
        "WHAT" => "Address or name; `-` reads it from standard input, `@FILE` from a file",
        "NAME" => "Name of the key",
        "[FILE]" => "Export with blocks [default: the database]",
        "REQUEST_ID" => "Identifier of the request, from the response or the log",
        "CLIENT" => "Identifier of the client (`client_id`)",
        _ => "Identifier from the list",
    }
}

pub(super) fn flag_help(flag: &str) -> &'static str {
    match flag {
        "realm" => "Realm of the user [default: the only one]",
        "role" => "Role; of administrators ROLE[@REALM]. May be repeated",
        "reason" => "Reason of 10 to 500 characters, for the audit trail",
        "until" => "When the lock expires (RFC 3339)",
        "minutes" => "Duration of the session, at most 60",
        "limit" => "Number of entries, at most 200",
        "cursor" => "`next` of another page",
        "status" => "`active`, `locked` or `invited`",
        "state" => "`waiting`, `retrying` or `dead`",
        "channel" => "`mail` or `sms`",
        "days" => "Number of days until today, at most 400 [default: 30]",
        "force" => "Remove the key even if its tokens are still valid",
        "send" => "`invite` or `nothing`",
        "print" => "Print the link instead of emailing it",
        "yes" => "Do not ask for confirmation",
        "email-verified" => "Create the user immediately, without a password",
        "no-notify" => "Do not send an email",
        "no-roles" => "Remove all roles",
        "session" => "Only this session",
        "allow" => "Action that the key may perform without a recent sign-in. May be repeated",
        "network" => "Network that the key is accepted from. May be repeated",
        "expires-at" => "Expiry of the key (RFC 3339)",
        "email" => "Address",
        "user" => "Identifier of the affected user",
        "event" => "Name of an event",
        "actor" => "Identifier of the actor",
        "outcome" => "`ok`, `refused` or `failed`",
        "request-id" => "Identifier of a request",
        "from" => "Start time (RFC 3339); for `verify`, the number of the first block",
        "to" => "End time (RFC 3339)",
        "chain" => "`main`, or `reads` for read access by administrators",
        "blocks" => "Export whole blocks with their rows, which can be verified",
        "checkpoints" => "Server log; its lines `audit block sealed` are compared with the blocks",
        "public-key" => "File with the trusted keys, as printed by `audit key`",
        "retention" => "Minimum `AUDIT_RETENTION` ever set [default: the setting of the server; for a file 400d]",
        "retention-reads" => {
            "Minimum `AUDIT_RETENTION_READS` ever set [default: the setting of the server; for a file 90d]"
        }
        "phone" => "Phone number",
        "first-name" => "Given name",
        "last-name" => "Family name",
        _ => client_flag_help(flag),
    }
}
