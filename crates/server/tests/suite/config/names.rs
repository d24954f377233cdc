//! Names that are not settings.

use portcullis::{
    cli,
    config::{Args, Sources, load},
};
use portcullis_core::random::SeededRandom;

use super::{Desk, assert_has};

#[test]
fn an_unknown_key_in_toml_is_an_error_that_names_the_nearest() {
    let errors = Desk::new().file("portcullis.toml", "prot = 1\nPORT = 2\n[http]\nport = 3\n").errors();
    assert_has(&errors, &["3 problems", "prot: ", "PORT: ", "did you mean `port`?", "http: "]);
}

#[test]
fn a_realm_may_have_a_table_in_toml_with_settings_of_realms_only() {
    Desk::new().file("portcullis.toml", "[realms.User1]\n").config();
    let errors = Desk::new().file("portcullis.toml", "[realms.User1]\nport = 1\n[realms.Decoy]\n").errors();
    assert_has(
        &errors,
        &["2 problems", "realms.User1.port: ", "realms.Decoy: is the table of a realm that is not in REALMS"],
    );
}

#[test]
fn an_unknown_flag_is_an_error_that_names_the_nearest() {
    let error = cli::parse(["portcullis", "--prot", "9000"]).unwrap_err().to_string();
    assert_has(&error, &["--prot", "--port"]);
    let args = Args { settings: vec![("PROT".to_owned(), "1".to_owned())], ..Args::default() };
    let sources = Sources { args, ..Desk::new().sources() };
    let errors = load(sources, &SeededRandom::new(7)).unwrap_err().to_string();
    assert_has(&errors, &["PROT: is not a setting; did you mean `PORT`?"]);
}

#[test]
fn in_dotenv_a_similar_name_is_an_error_and_an_unrelated_one_is_not() {
    let errors = Desk::new().file(".env", "MAIL_PASWORD=x\nPOSTGRES_PASSWORD=y\njwt_secret=z\n").errors();
    assert_has(&errors, &["2 problems", "did you mean `MAIL_PASSWORD`?", "did you mean `JWT_SECRET`?"]);
    Desk::new().file(".env", "POSTGRES_PASSWORD=y\n").config();
}

#[test]
fn in_the_environment_a_similar_name_is_a_warning() {
    let desk = Desk::new().env("JWT_SECRT_FILE", "x").env("HOME", "/root").env("PATH", "/bin").env("HOSTNAME", "h");
    assert_eq!(desk.warnings(), "JWT_SECRT_FILE: is not a setting; did you mean `JWT_SECRET_FILE`?");
}
