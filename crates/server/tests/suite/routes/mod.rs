//! One file per group of routes.

mod contested;
mod create;
mod create_fields;
mod delete;
mod docs;
mod introspect;
mod keys;
mod login;
mod logout;
mod mailbox;
mod me;
mod me_email;
mod me_events;
mod me_export;
mod me_phone;
mod me_sessions;
mod otp;
mod pages;
mod refresh;
mod resend;
mod reset;
mod revoke;
mod undo;
mod verify;
mod verify_browser;
