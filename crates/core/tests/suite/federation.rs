//! ID tokens of other providers: valid ones of every algorithm, and all kinds of forgeries.

use std::time::Duration;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use portcullis_core::{
    clock::Timestamp,
    federation::{
        BadDocument, BadIdToken, Discovery, ExpectedNonce, IdClaims, IdTokenCheck, KeySet, NATIVE_NONCE_TTL,
        NativeNonce, Preset, ProvedIdentity, Provider,
    },
    seal::RealmKeys,
    token::{self, new_private_key},
};
use serde_json::{Map, Value, json};

use crate::support::{ctx, keys};

const ISSUER: &str = "https://login.example.com";
const CLIENT: &str = "our-client";
const NONCE: &str = "the-nonce-of-the-request";
const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// Key of a provider.
struct Key {
    kid: &'static str,
    algorithm: Algorithm,
    private: EncodingKey,
    public: Value,
}

impl Key {
    fn new(kid: &'static str, algorithm: Algorithm) -> Self {
        let private = match algorithm {
            Algorithm::ES256 => EncodingKey::from_ec_der(&new_private_key(token::Algorithm::Es256).unwrap()),
            Algorithm::EdDSA => EncodingKey::from_ed_der(&new_private_key(token::Algorithm::EdDsa).unwrap()),
            _ => EncodingKey::from_rsa_der(&new_private_key(token::Algorithm::Rs256).unwrap()[26..]),
        };
        let mut public = Jwk::from_encoding_key(&private, algorithm).unwrap();
        public.common.key_id = Some(kid.to_owned());
        Self { kid, algorithm, public: serde_json::to_value(public).unwrap(), private }
    }

    fn sign(&self, claims: &Value) -> String {
        let header = Header { kid: Some(self.kid.to_owned()), ..Header::new(self.algorithm) };
        jsonwebtoken::encode(&header, claims, &self.private).unwrap()
    }

    /// Signs with a custom header.
    fn sign_with(&self, header: &Value, claims: &Value) -> String {
        let encode = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.private, self.algorithm).unwrap();
        format!("{message}.{signature}")
    }
}

fn provider(preset: Preset) -> Provider {
    Provider {
        name: preset.as_str().to_owned(),
        preset,
        label: "Example".to_owned(),
        client_id: CLIENT.to_owned(),
        client_secret: None,
        native_client_ids: Vec::new(),
        scopes: "openid".to_owned(),
        trust_email: false,
        trust_mfa: false,
        base_url: ISSUER.to_owned(),
        is_named_by_setting: false,
    }
}

fn document(issuer: &str) -> Vec<u8> {
    let document = json!({
        "issuer": issuer, "authorization_endpoint": format!("{ISSUER}/authorize"),
        "token_endpoint": format!("{ISSUER}/token"), "jwks_uri": format!("{ISSUER}/jwks"),
    });
    document.to_string().into_bytes()
}

fn set(keys: &[&Key]) -> KeySet {
    let keys: Vec<&Value> = keys.iter().map(|key| &key.public).collect();
    KeySet::read(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

fn claims(now: Timestamp) -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "248289761001", "nonce": NONCE,
        "iat": now.secs(), "exp": now.secs() + 600, "email": "ada@example.com", "email_verified": true,
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims(ctx(1).now);
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
        value => claims[name] = value,
    }
    claims
}

fn verify(token: &str, keys: &KeySet) -> Result<IdClaims, BadIdToken> {
    verify_for(token, keys, &[CLIENT], ExpectedNonce::Exactly(NONCE))
}

fn verify_for(token: &str, keys: &KeySet, audience: &[&str], nonce: ExpectedNonce<'_>) -> Result<IdClaims, BadIdToken> {
    let provider = provider(Preset::Oidc);
    let document = Discovery::read(&provider, &document(ISSUER)).unwrap();
    let audience: Vec<String> = audience.iter().map(|id| (*id).to_owned()).collect();
    let now = ctx(1).now;
    IdTokenCheck { provider: &provider, document: &document, keys, audience: &audience, nonce, now }.verify(token)
}

#[test]
fn genuine_tokens_of_every_algorithm_are_accepted() {
    for algorithm in [Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA] {
        let key = Key::new("one", algorithm);
        let verified = verify(&key.sign(&claims(ctx(1).now)), &set(&[&key])).unwrap();
        assert_eq!((verified.issuer.as_str(), verified.text("sub")), (ISSUER, Some("248289761001")));
        assert_eq!(format!("{verified:?}"), "IdClaims(…)");
    }
    let (one, two) = (Key::new("one", Algorithm::ES256), Key::new("two", Algorithm::ES256));
    let unnamed = one.sign_with(&json!({"alg": "ES256"}), &claims(ctx(1).now));
    assert!(verify(&unnamed, &set(&[&one])).is_ok(), "a set of one key needs no name");
    assert_eq!(verify(&unnamed, &set(&[&one, &two])).unwrap_err(), BadIdToken::Key);
}

#[test]
fn tokens_with_a_forged_header_or_signature_are_rejected() {
    let now = ctx(1).now;
    let es = Key::new("es", Algorithm::ES256);
    let (rs, other) = (Key::new("rs", Algorithm::RS256), Key::new("es", Algorithm::ES256));
    let (keys, claims) = (set(&[&es, &rs]), claims(now));
    let genuine = es.sign(&claims);
    assert!(verify(&genuine, &keys).is_ok());
    let parts: Vec<&str> = genuine.split('.').collect();
    let encode = |part: Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
    let unsigned = |algorithm: &str| format!("{}.{}.", encode(json!({ "alg": algorithm })), parts[1]);
    let hmac = |secret: &[u8]| {
        let header = Header { kid: Some("rs".to_owned()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret)).unwrap()
    };
    let changed = encode(with("sub", json!("another")));
    let headed = |key: &Key, header: Value| key.sign_with(&header, &claims);
    let cases = [
        ("no algorithm", unsigned("none"), BadIdToken::Algorithm),
        ("no algorithm, in capitals", unsigned("NONE"), BadIdToken::Algorithm),
        ("a public key as a secret", hmac(rs.public.to_string().as_bytes()), BadIdToken::Algorithm),
        ("the modulus as a secret", hmac(rs.public["n"].as_str().unwrap().as_bytes()), BadIdToken::Algorithm),
        ("another key of the same name", other.sign(&claims), BadIdToken::Signature),
        ("the name of another key", headed(&es, json!({"alg": "ES256", "kid": "rs"})), BadIdToken::Key),
        ("an unknown name", headed(&es, json!({"alg": "ES256", "kid": "x"})), BadIdToken::Key),
        ("a key in it", headed(&other, json!({"alg": "ES256", "kid": "x", "jwk": other.public})), BadIdToken::Key),
        ("another type", headed(&es, json!({"alg": "ES256", "kid": "es", "typ": "at+jwt"})), BadIdToken::Malformed),
        ("logout", headed(&es, json!({"alg": "ES256", "kid": "es", "typ": "logout+jwt"})), BadIdToken::Malformed),
        ("critical", headed(&es, json!({"alg": "ES256", "kid": "es", "crit": ["b64"]})), BadIdToken::Malformed),
        ("other claims", format!("{}.{changed}.{}", parts[0], parts[2]), BadIdToken::Signature),
        ("no signature", format!("{}.{}.", parts[0], parts[1]), BadIdToken::Signature),
        ("no token", "not.a.token".to_owned(), BadIdToken::Malformed),
        ("an access token", "opaque".to_owned(), BadIdToken::Malformed),
        ("too long", format!("{genuine}{}", "A".repeat(16 * 1024)), BadIdToken::Malformed),
    ];
    for (what, token, expected) in cases {
        assert_eq!(verify(&token, &keys).unwrap_err(), expected, "{what}");
    }
}

#[test]
fn tokens_with_claims_of_others_are_rejected() {
    let now = ctx(1).now.secs();
    let key = Key::new("one", Algorithm::ES256);
    let keys = set(&[&key]);
    let cases = [
        ("another issuer", "iss", json!("https://evil.example.com"), BadIdToken::Issuer),
        ("a slash after the issuer", "iss", json!(format!("{ISSUER}/")), BadIdToken::Issuer),
        ("no issuer", "iss", Value::Null, BadIdToken::Issuer),
        ("another client", "aud", json!("another"), BadIdToken::Audience),
        ("no client", "aud", Value::Null, BadIdToken::Audience),
        ("two clients without a party", "aud", json!([CLIENT, "another"]), BadIdToken::Audience),
        ("another party", "azp", json!("another"), BadIdToken::Audience),
        ("expired", "exp", json!(now - 6), BadIdToken::Time),
        ("no end", "exp", Value::Null, BadIdToken::Time),
        ("an expiry that is not a time", "exp", json!("tomorrow"), BadIdToken::Time),
        ("an endless end", "exp", json!(1e300), BadIdToken::Time),
        ("from the future", "iat", json!(now + 61), BadIdToken::Time),
        ("no time of issue", "iat", Value::Null, BadIdToken::Time),
        ("not valid yet", "nbf", json!(now + 61), BadIdToken::Time),
        ("another nonce", "nonce", json!("another"), BadIdToken::Nonce),
        ("no nonce", "nonce", Value::Null, BadIdToken::Nonce),
        ("no subject", "sub", Value::Null, BadIdToken::Subject),
        ("an empty subject", "sub", json!(""), BadIdToken::Subject),
    ];
    for (what, name, value, expected) in cases {
        assert_eq!(verify(&key.sign(&with(name, value)), &keys).unwrap_err(), expected, "{what}");
    }
    assert!(verify(&key.sign(&with("azp", json!(CLIENT))), &keys).is_ok(), "the party may be named");
    let mut both = with("aud", json!(["another", CLIENT]));
    both["azp"] = CLIENT.into();
    assert!(verify(&key.sign(&both), &keys).is_ok());
    assert!(verify(&key.sign(&with("iat", json!(now - 86_400))), &keys).is_ok(), "no maximum age beyond its end");
}

#[test]
fn keys_only_sign_for_their_purpose() {
    let key = Key::new("one", Algorithm::RS256);
    let token = key.sign(&claims(ctx(1).now));
    for (name, value) in [("use", json!("enc")), ("alg", json!("RS512")), ("alg", json!("PS256"))] {
        let mut public = key.public.clone();
        public[name] = value;
        let keys = KeySet::read(json!({"keys": [public]}).to_string().as_bytes()).unwrap();
        assert_eq!(verify(&token, &keys).unwrap_err(), BadIdToken::Key, "{name}");
    }
    let mixed =
        json!({"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "secret"}, {"kty": "new", "kid": "x"}, 7, key.public]});
    assert!(verify(&token, &KeySet::read(mixed.to_string().as_bytes()).unwrap()).is_ok(), "others are left out");
    assert!(KeySet::read(b"{}").is_none() && KeySet::read(b"[]").is_none() && KeySet::read(b"<html>").is_none());
}

#[test]
fn a_native_token_has_the_nonce_or_its_hash_and_one_of_several_clients() {
    let key = Key::new("one", Algorithm::ES256);
    let keys = set(&[&key]);
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, NONCE.as_bytes());
    let native = ExpectedNonce::PlainOrHashed(NONCE);
    let nonces = [NONCE.to_owned(), HEXLOWER.encode(digest.as_ref()), BASE64URL_NOPAD.encode(digest.as_ref())];
    for nonce in &nonces {
        assert!(
            verify_for(&key.sign(&with("nonce", json!(nonce))), &keys, &["ios", CLIENT], native).is_ok(),
            "{nonce}"
        );
    }
    assert_eq!(verify(&key.sign(&with("nonce", json!(nonces[1]))), &keys).unwrap_err(), BadIdToken::Nonce);
    let of_server = with("azp", json!("android"));
    assert!(
        verify_for(&key.sign(&of_server), &keys, &["android", CLIENT], native).is_ok(),
        "asked for by a listed client"
    );
    assert_eq!(verify_for(&key.sign(&of_server), &keys, &[CLIENT], native).unwrap_err(), BadIdToken::Audience);
}

#[test]
fn a_native_nonce_is_of_its_realm_and_provider_for_ten_minutes() {
    let (ctx, of) = (ctx(1), keys("User1", 1));
    let nonce = NativeNonce::issue(&ctx, &of, "google").to_text();
    let open = |keys: &RealmKeys, provider, now| NativeNonce::open(keys, provider, &nonce, now).is_some();
    assert!(open(&of, "google", ctx.now));
    assert!(!open(&of, "apple", ctx.now));
    assert!(!open(&keys("User2", 1), "google", ctx.now));
    assert!(open(&of, "google", ctx.now.plus(NATIVE_NONCE_TTL - Duration::from_millis(1))));
    assert!(!open(&of, "google", ctx.now.plus(NATIVE_NONCE_TTL)));
    assert!(NativeNonce::open(&of, "google", "", ctx.now).is_none());
    assert_eq!(nonce.len(), 43);
}

fn microsoft() -> Provider {
    Provider { base_url: "https://login.microsoftonline.com/common/v2.0".to_owned(), ..provider(Preset::Microsoft) }
}

#[test]
fn the_issuer_comes_from_the_settings_and_never_from_document_or_token() {
    let provider = provider(Preset::Oidc);
    for issuer in ["https://evil.example.com", "https://login.example.com/", "https://login.example.com.evil.example"] {
        assert_eq!(Discovery::read(&provider, &document(issuer)).unwrap_err(), BadDocument::Issuer, "{issuer}");
    }
    assert_eq!(Discovery::read(&provider, b"<html>").unwrap_err(), BadDocument::Unreadable);

    let of = |issuer: &str| Discovery::read(&microsoft(), &document(issuer));
    let template = of("https://login.microsoftonline.com/{tenantid}/v2.0").unwrap();
    assert!(of(&format!("https://login.microsoftonline.com/{TENANT}/v2.0")).is_ok());
    for issuer in [
        "https://evil.example.com/{tenantid}/v2.0",
        "https://login.microsoftonline.com/a/b/v2.0",
        "https://sts.windows.net/{tenantid}/",
    ] {
        assert_eq!(of(issuer).unwrap_err(), BadDocument::Issuer, "{issuer}");
    }
    let of_tenant = |tenant| template.issuer_of(&microsoft(), tenant);
    assert_eq!(of_tenant(Some(TENANT)).unwrap(), format!("https://login.microsoftonline.com/{TENANT}/v2.0"));
    assert!(of_tenant(None).is_none());
    assert!(of_tenant(Some("../evil")).is_none());
}

#[test]
fn a_tenant_of_microsoft_that_the_settings_exclude_has_no_issuer() {
    let of = |configured: &str| Provider {
        base_url: format!("https://login.microsoftonline.com/{configured}/v2.0"),
        ..provider(Preset::Microsoft)
    };
    let read = |configured: &str, issuer: &str| {
        Discovery::read(&of(configured), &document(&format!("https://login.microsoftonline.com/{issuer}/v2.0")))
    };
    for (configured, takes_work, takes_personal) in
        [("common", true, true), ("organizations", true, false), ("consumers", false, true)]
    {
        let template = read(configured, "{tenantid}").unwrap();
        for (tenant, is_taken) in [(TENANT, takes_work), (PERSONAL, takes_personal)] {
            assert_eq!(template.issuer_of(&of(configured), Some(tenant)).is_some(), is_taken, "{configured}, {tenant}");
        }
    }
    // A single tenant has its own document, addressed by identifier or by domain.
    assert!(read(TENANT, TENANT).is_ok() && read("contoso.onmicrosoft.com", TENANT).is_ok());
    for (configured, issuer) in
        [(TENANT, PERSONAL), (TENANT, "{tenantid}"), ("contoso.onmicrosoft.com", "{tenantid}"), ("common", "../evil")]
    {
        assert_eq!(read(configured, issuer).unwrap_err(), BadDocument::Issuer, "{configured}, {issuer}");
    }
}

#[test]
fn microsoft_is_known_by_tenant_and_object_and_proves_few_addresses() {
    let (key, provider) = (Key::new("one", Algorithm::RS256), microsoft());
    let document = Discovery::read(&provider, &document("https://login.microsoftonline.com/{tenantid}/v2.0")).unwrap();
    let now = ctx(1).now;
    let check = |tenant: &str, issuer: &str, more: Value, keys: &KeySet| {
        let mut claims = claims(now);
        claims["iss"] = format!("https://login.microsoftonline.com/{issuer}/v2.0").into();
        claims["tid"] = tenant.into();
        claims["oid"] = "object".into();
        claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let audience = [CLIENT.to_owned()];
        let nonce = ExpectedNonce::Exactly(NONCE);
        let check = IdTokenCheck { provider: &provider, document: &document, keys, audience: &audience, nonce, now };
        check.verify(&key.sign(&claims)).map(|claims| ProvedIdentity::of_claims(&provider, &claims).unwrap())
    };
    let keys = set(&[&key]);
    let proved = check(TENANT, TENANT, json!({}), &keys).unwrap();
    assert_eq!(proved.subject, format!("{TENANT}:object"));
    assert!(!proved.is_email_proved, "an administrator of a tenant writes any address");
    assert!(check(TENANT, TENANT, json!({"xms_edov": true}), &keys).unwrap().is_email_proved);
    assert!(!check(TENANT, TENANT, json!({"xms_edov": false}), &keys).unwrap().is_email_proved);
    assert!(check(PERSONAL, PERSONAL, json!({}), &keys).unwrap().is_email_proved);
    assert_eq!(check(TENANT, PERSONAL, json!({}), &keys).unwrap_err(), BadIdToken::Issuer, "another tenant");
    let mut of_one_tenant = key.public.clone();
    of_one_tenant["issuer"] = format!("https://login.microsoftonline.com/{PERSONAL}/v2.0").into();
    let of_one_tenant = KeySet::read(json!({"keys": [of_one_tenant]}).to_string().as_bytes()).unwrap();
    assert!(check(PERSONAL, PERSONAL, json!({}), &of_one_tenant).is_ok());
    assert_eq!(
        check(TENANT, TENANT, json!({}), &of_one_tenant).unwrap_err(),
        BadIdToken::Key,
        "a key of another tenant"
    );
}

/// Returns the account that a provider of this kind proves with these claims.
fn proved(preset: Preset, trust_email: bool, more: Value) -> ProvedIdentity {
    let key = Key::new("one", Algorithm::ES256);
    let mut claims = claims(ctx(1).now);
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let provider = Provider { trust_email, ..provider(preset) };
    ProvedIdentity::of_claims(&provider, &verify(&key.sign(&claims), &set(&[&key])).unwrap()).unwrap()
}

#[test]
fn an_address_is_proved_as_each_provider_proves_it() {
    let is_proved = |preset, trust, more: Value| proved(preset, trust, more).is_email_proved;
    for preset in [Preset::Google, Preset::Apple, Preset::Gitlab] {
        assert!(is_proved(preset, false, json!({})));
        assert!(!is_proved(preset, false, json!({"email_verified": false})));
        assert!(!is_proved(preset, false, json!({"email_verified": "false"})));
    }
    assert!(is_proved(Preset::Apple, false, json!({"email_verified": "true"})), "Apple says it as text");
    assert!(!is_proved(Preset::Google, false, json!({"email_verified": "true"})));
    assert!(!is_proved(Preset::Oidc, false, json!({})), "only a provider that is trusted");
    assert!(is_proved(Preset::Oidc, true, json!({})));
    assert!(!is_proved(Preset::Oidc, true, json!({"email_verified": "true"})));
    assert!(!is_proved(Preset::Google, false, json!({"email": "no address"})));

    let operates = |preset, more: Value| proved(preset, true, more).operates_mailbox;
    assert!(operates(Preset::Google, json!({"email": "ada@gmail.com"})));
    assert!(operates(Preset::Google, json!({"hd": "example.com"})));
    assert!(!operates(Preset::Google, json!({})), "another host receives the mail of this domain");
    assert!(!operates(Preset::Google, json!({"hd": "example.org"})));
    assert!(!operates(Preset::Google, json!({"email": "ada@gmail.com", "email_verified": false})));
    assert!(operates(Preset::Apple, json!({"email": "x@privaterelay.appleid.com"})));
    assert!(!operates(Preset::Oidc, json!({"email": "ada@gmail.com", "hd": "gmail.com"})));
    assert!(proved(Preset::Oidc, true, json!({"amr": ["pwd", "mfa"]})).has_two_factors);
    assert!(!proved(Preset::Oidc, true, json!({"amr": "mfa"})).has_two_factors);
}

#[test]
fn an_address_of_userinfo_is_proved_only_by_userinfo() {
    let key = Key::new("one", Algorithm::ES256);
    let of = |removed: &[&str], userinfo: Value| {
        let mut claims = claims(ctx(1).now);
        removed.iter().for_each(|name| drop(claims.as_object_mut().unwrap().remove(*name)));
        let userinfo: Map<String, Value> = userinfo.as_object().unwrap().clone();
        let claims = verify(&key.sign(&claims), &set(&[&key])).unwrap().with_userinfo(&userinfo);
        ProvedIdentity::of_claims(&Provider { trust_email: true, ..provider(Preset::Oidc) }, &claims).unwrap()
    };
    let other = json!({"email": "eve@example.com", "email_verified": true, "given_name": "Ada", "sub": "another"});
    let proved = of(&["email_verified"], other.clone());
    assert_eq!((proved.email.unwrap().as_str(), proved.is_email_proved), ("ada@example.com", false));
    let unproved = of(&["email"], json!({"email": "eve@example.com"}));
    assert!(!unproved.is_email_proved, "the token speaks of no address");
    let proved = of(&["email", "email_verified"], other);
    assert!(proved.is_email_proved);
    assert_eq!(proved.subject, "248289761001");
    assert_eq!(proved.first_name.unwrap().as_str(), "Ada");
}

#[test]
fn github_and_discord_are_known_by_number_and_prove_the_primary_address() {
    let object = |value: Value| value.as_object().unwrap().clone();
    let user = object(json!({"id": 583231, "login": "octocat", "name": "Mona"}));
    let emails = |verified: bool| {
        let all = json!([
            {"email": "other@example.com", "primary": false, "verified": true},
            {"email": "mona@example.com", "primary": true, "verified": verified},
        ]);
        all.as_array().unwrap().clone()
    };
    let github = Provider { base_url: "https://github.com".to_owned(), ..provider(Preset::Github) };
    let proved = ProvedIdentity::of_github(&github, &user, &emails(true)).unwrap();
    assert_eq!((proved.subject.as_str(), proved.issuer.as_str()), ("583231", "https://github.com"));
    assert_eq!(proved.proved_email().unwrap().as_str(), "mona@example.com");
    assert!(ProvedIdentity::of_github(&github, &user, &emails(false)).unwrap().proved_email().is_none());
    let private = ProvedIdentity::of_github(&github, &user, &[]).unwrap();
    assert_eq!((private.email, private.called.as_deref()), (None, Some("octocat")));
    assert!(ProvedIdentity::of_github(&github, &object(json!({"login": "octocat"})), &[]).is_none());

    let discord = |more: Value| {
        let mut user = object(json!({"id": "80351110224678912", "username": "nelly", "email": "nelly@example.com"}));
        user.extend(object(more));
        ProvedIdentity::of_discord(&provider(Preset::Discord), &user)
    };
    assert!(discord(json!({"verified": true})).unwrap().proved_email().is_some());
    assert!(discord(json!({"verified": false})).unwrap().proved_email().is_none());
    assert!(discord(json!({"id": "nelly"})).is_none(), "never a name");
}

#[test]
fn the_key_of_an_identity_is_its_provider_issuer_and_subject() {
    use portcullis_core::federation::Identity;
    let of = keys("User1", 1);
    let key = Identity::key_of(&of, "google", ISSUER, "1");
    assert_eq!(key.len(), 64);
    for other in [
        Identity::key_of(&of, "apple", ISSUER, "1"),
        Identity::key_of(&of, "google", "https://other.example.com", "1"),
        Identity::key_of(&of, "google", ISSUER, "2"),
        Identity::key_of(&keys("User2", 1), "google", ISSUER, "1"),
        Identity::key_of(&of, "googleh", "ttps://login.example.com", "1"),
    ] {
        assert_ne!(key, other);
    }
}
