//! Administration.

mod clients;
mod command_line;
mod grants;
mod help;
mod impersonation;
mod invitations;
mod keys;
mod lists;
mod locks;
mod owners;
mod reach;
mod refusals;
mod routes;
mod trail;
mod who;
