//! Software authenticator for tests. Each part of its response can be forged.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use coset::cbor::{Value as Cbor, ser::into_writer};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::factor::passkey::KeyAlgorithm;

pub const USER_PRESENT: u8 = 0x01;
pub const USER_VERIFIED: u8 = 0x04;
pub const BACKUP_ELIGIBLE: u8 = 0x08;
pub const BACKED_UP: u8 = 0x10;
pub const ATTESTED_DATA: u8 = 0x40;
pub const EXTENSIONS: u8 = 0x80;

/// Private key of a credential.
#[derive(Debug)]
enum Key {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(RsaKeyPair),
}

/// A credential of the software authenticator.
#[derive(Debug)]
pub struct SoftPasskey {
    key: Key,
    pub id: Vec<u8>,
    /// User handle from the creation options, as text. Empty if the authenticator stores none.
    pub user_handle: String,
    pub rp_id: String,
    pub origin: String,
    /// Flags of each response.
    pub flags: u8,
    pub counter: u32,
}

/// Parts of the authenticator data.
#[derive(Debug, Clone)]
pub struct SoftData {
    pub hash: Vec<u8>,
    pub flags: u8,
    pub counter: u32,
    /// AAGUID, length of the identifier, identifier and key.
    pub attested: Vec<u8>,
    pub extensions: Vec<u8>,
    pub trailing: Vec<u8>,
}

/// Response to a creation. Each part can be replaced before it is serialized.
#[derive(Debug, Clone)]
pub struct SoftCreation {
    /// Identifier outside the response.
    pub id: Vec<u8>,
    pub client: Value,
    pub data: SoftData,
    pub format: Cbor,
    pub statement: Cbor,
    /// Bytes after the attestation object.
    pub trailing: Vec<u8>,
}

/// Response to a request. Each part can be replaced before it is serialized. The signature is computed last, over the
/// replaced parts.
#[derive(Debug)]
pub struct SoftAssertion<'a> {
    key: &'a Key,
    pub id: Vec<u8>,
    pub client: Value,
    pub data: SoftData,
    pub user_handle: Option<String>,
    /// Replacement for the correct signature.
    pub signature: Option<Vec<u8>>,
}

impl SoftPasskey {
    /// Creates a credential that verifies its user and is backed up.
    #[must_use]
    pub fn new(algorithm: KeyAlgorithm, rp_id: &str, origin: &str) -> Self {
        let key = match algorithm {
            KeyAlgorithm::Es256 => Key::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap()),
            KeyAlgorithm::EdDsa => Key::EdDsa(Ed25519KeyPair::generate().unwrap()),
            KeyAlgorithm::Rs256 => Key::Rs256(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
        };
        let id = digest(&SHA256, &key.public()).as_ref().to_vec();
        let (rp_id, origin) = (rp_id.to_owned(), origin.to_owned());
        let flags = USER_PRESENT | USER_VERIFIED | BACKUP_ELIGIBLE | BACKED_UP;
        Self { key, id, user_handle: String::new(), rp_id, origin, flags, counter: 0 }
    }

    /// Returns the public key as COSE.
    #[must_use]
    pub fn cose(&self) -> Vec<u8> {
        cose(&self.key.parameters())
    }

    /// Responds to creation options and stores the user handle.
    pub fn create(&mut self, options: &Value) -> SoftCreation {
        let options = &options["publicKey"];
        options["user"]["id"].as_str().unwrap().clone_into(&mut self.user_handle);
        self.made(options["challenge"].as_str().unwrap())
    }

    /// Responds to a creation challenge.
    #[must_use]
    pub fn made(&self, challenge: &str) -> SoftCreation {
        let length = u16::try_from(self.id.len()).unwrap();
        let attested = [&[0; 16][..], &length.to_be_bytes(), &self.id, &self.cose()].concat();
        SoftCreation {
            id: self.id.clone(),
            client: self.client("webauthn.create", challenge),
            data: SoftData { attested, flags: self.flags | ATTESTED_DATA, ..self.data() },
            format: Cbor::Text("none".to_owned()),
            statement: Cbor::Map(Vec::new()),
            trailing: Vec::new(),
        }
    }

    /// Responds to request options and increments the counter if the credential has one.
    pub fn get(&mut self, options: &Value) -> SoftAssertion<'_> {
        let challenge = options["publicKey"]["challenge"].as_str().unwrap().to_owned();
        self.counter += u32::from(self.counter > 0);
        self.used(&challenge)
    }

    /// Responds to a request challenge.
    #[must_use]
    pub fn used(&self, challenge: &str) -> SoftAssertion<'_> {
        SoftAssertion {
            key: &self.key,
            id: self.id.clone(),
            client: self.client("webauthn.get", challenge),
            data: self.data(),
            user_handle: Some(self.user_handle.clone()),
            signature: None,
        }
    }

    fn client(&self, kind: &str, challenge: &str) -> Value {
        json!({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false})
    }

    fn data(&self) -> SoftData {
        SoftData {
            hash: digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec(),
            flags: self.flags,
            counter: self.counter,
            attested: Vec::new(),
            extensions: Vec::new(),
            trailing: Vec::new(),
        }
    }
}

impl SoftData {
    fn bytes(&self) -> Vec<u8> {
        let counter = self.counter.to_be_bytes();
        [&self.hash[..], &[self.flags], &counter, &self.attested, &self.extensions, &self.trailing].concat()
    }
}

impl SoftCreation {
    /// Returns the attestation object.
    #[must_use]
    pub fn attestation(&self) -> Vec<u8> {
        let text = |text: &str| Cbor::Text(text.to_owned());
        let object = Cbor::Map(vec![
            (text("fmt"), self.format.clone()),
            (text("attStmt"), self.statement.clone()),
            (text("authData"), Cbor::Bytes(self.data.bytes())),
        ]);
        [encode(&object), self.trailing.clone()].concat()
    }

    /// Returns the response to a registration as `RegistrationResponseJSON`.
    #[must_use]
    pub fn json(&self) -> Value {
        let id = BASE64URL_NOPAD.encode(&self.id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {}, "authenticatorAttachment": "platform",
            "response": {
                "clientDataJSON": BASE64URL_NOPAD.encode(self.client.to_string().as_bytes()),
                "attestationObject": BASE64URL_NOPAD.encode(&self.attestation()),
                "transports": ["internal", "hybrid"],
            },
        })
    }
}

impl SoftAssertion<'_> {
    /// Returns the response to a login as `AuthenticationResponseJSON`.
    #[must_use]
    pub fn json(&self) -> Value {
        let (id, client) = (BASE64URL_NOPAD.encode(&self.id), self.client.to_string());
        let data = self.data.bytes();
        let signed = [&data[..], digest(&SHA256, client.as_bytes()).as_ref()].concat();
        let signature = self.signature.clone().unwrap_or_else(|| self.key.sign(&signed));
        json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64URL_NOPAD.encode(client.as_bytes()),
                "authenticatorData": BASE64URL_NOPAD.encode(&data),
                "signature": BASE64URL_NOPAD.encode(&signature),
                "userHandle": self.user_handle,
            },
        })
    }
}

impl Key {
    fn public(&self) -> Vec<u8> {
        match self {
            Self::Es256(pair) => pair.public_key().as_ref().to_vec(),
            Self::EdDsa(pair) => pair.public_key().as_ref().to_vec(),
            Self::Rs256(pair) => pair.public_key().as_ref().to_vec(),
        }
    }

    /// Returns the parameters of the COSE key.
    fn parameters(&self) -> Vec<(i64, Cbor)> {
        let public = self.public();
        let bytes = |range: std::ops::Range<usize>| Cbor::Bytes(public[range].to_vec());
        match self {
            Self::Es256(_) => {
                vec![(1, 2.into()), (3, (-7).into()), (-1, 1.into()), (-2, bytes(1..33)), (-3, bytes(33..65))]
            }
            Self::EdDsa(_) => vec![(1, 1.into()), (3, (-8).into()), (-1, 6.into()), (-2, bytes(0..32))],
            // `RSAPublicKey`: nine bytes of headers, the modulus of 256 bytes, and the exponent with two bytes of
            // headers.
            Self::Rs256(_) => vec![(1, 3.into()), (3, (-257).into()), (-1, bytes(9..265)), (-2, bytes(267..270))],
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Es256(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::EdDsa(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).unwrap();
                signature
            }
        }
    }
}

/// Encodes a COSE key.
#[must_use]
pub fn cose(parameters: &[(i64, Cbor)]) -> Vec<u8> {
    let parameters = parameters.iter().map(|(label, value)| (Cbor::from(*label), value.clone()));
    encode(&Cbor::Map(parameters.collect()))
}

/// Encodes a CBOR item.
#[must_use]
pub fn encode(item: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    into_writer(item, &mut bytes).unwrap();
    bytes
}

/// Re-exported for tests that construct their own keys.
pub use coset::cbor::Value as CborValue;
