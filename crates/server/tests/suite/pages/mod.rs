//! Sign-in pages, over HTTP.

mod account;
mod attacks;
mod brand;
pub mod browser;
mod code;
mod factor;
mod faults;
mod offer;
mod passkeys;
mod passwordless;
mod policy;
mod signin;
mod signup;
mod social;

pub use browser::Browser;
