//! Second factors, over the public API.

mod devices;
mod enrolment;
mod login;
mod manage;
mod policy;
mod races;
mod sms;
mod step_up;
mod together;
mod tries;
mod undo;
