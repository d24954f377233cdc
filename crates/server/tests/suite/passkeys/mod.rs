mod domain;
mod factor;
mod login;
mod manage;
mod password;
mod registration;
