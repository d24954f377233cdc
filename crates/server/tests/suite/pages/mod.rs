//! Pages that people sign in with, through HTTP.

mod account;
mod attacks;
mod browser;
mod factor;
mod policy;
mod signin;
mod signup;

pub use browser::Browser;
