//! Administration.

mod command_line;
mod invitations;
mod keys;
mod lists;
mod locks;
mod owners;
mod reach;
mod routes;
mod who;
