//! The counting script and its calls.

use redis::{Cmd, ErrorKind, RedisError, ServerErrorKind, cmd};

/// Text of the script.
pub(super) const TEXT: &str = include_str!("window.lua");

/// Returns the call of the script by hash.
pub(super) fn by_hash(hash: &str, key: &str, arguments: &[Argument]) -> Cmd {
    call("EVALSHA", hash, key, arguments)
}

/// Returns the call of the script by text, which the server then stores.
pub(super) fn by_text(key: &str, arguments: &[Argument]) -> Cmd {
    call("EVAL", TEXT, key, arguments)
}

/// Returns whether the server lacks the script, for example after a restart.
pub(super) fn is_missing(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

/// An argument of the script.
#[derive(Debug, Clone, Copy)]
pub(super) enum Argument {
    Word(&'static str),
    Number(i64),
    /// The server's clock.
    ServerTime,
}

fn call(command: &'static str, script: &str, key: &str, arguments: &[Argument]) -> Cmd {
    let mut call = cmd(command);
    call.arg(script).arg(1).arg(key);
    for argument in arguments {
        match argument {
            Argument::Word(word) => call.arg(*word),
            Argument::Number(number) => call.arg(*number),
            Argument::ServerTime => call.arg(""),
        };
    }
    call
}
