//! One file a family of routes.

mod contested;
mod create;
mod keys;
mod login;
mod logout;
mod pages;
mod resend;
mod undo;
mod verify;
