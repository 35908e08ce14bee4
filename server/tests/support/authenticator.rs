//! A device with one passkey, as far as a venue can tell (Web Authentication Level 3, sections 6 and 8.7).

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Somebody touched the device.
const PRESENT: u8 = 0x01;
/// The device made sure that it is its owner.
const VERIFIED: u8 = 0x04;
/// A new passkey's key is attached.
const ATTACHED: u8 = 0x40;

/// A device with one passkey.
pub struct Device {
    key: EcdsaKeyPair,
    id: [u8; 16],
    owner: String,
    /// The page in which it is used.
    pub origin: String,
    /// Whether it makes sure that it is its owner who uses it.
    pub verifies: bool,
    /// How often it was used.
    pub count: u32,
    /// Whether its passkey may be backed up (0x08), and is (0x10).
    pub backup: u8,
}

impl Device {
    pub fn new(origin: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        let (id, owner) = (rand::random(), String::new());
        Self { key, id, owner, origin: origin.into(), verifies: true, count: 0, backup: 0 }
    }

    /// Says that its passkey is that of `other`, whose key it hasn't.
    pub fn pretends_to_be(&mut self, other: &Self) {
        (self.id, self.owner, self.count) = (other.id, other.owner.clone(), other.count);
    }

    /// What names its passkey.
    pub fn id(&self) -> String {
        BASE64.encode(self.id)
    }

    /// Makes the passkey that `options` ask for.
    pub fn make(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        self.owner = options["user"]["id"].as_str().unwrap().to_owned();
        let mut data = self.data(options["rp"]["id"].as_str().unwrap(), ATTACHED);
        data.extend([0; 16]);
        data.extend([0, 16]);
        data.extend(self.id);
        // COSE (RFC 9053): EC2, ES256, P-256, x and y.
        let point = self.key.public_key().as_ref().to_vec();
        data.extend([0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..]);
        // CBOR (RFC 8949): {"fmt": "none", "attStmt": {}, "authData": …}.
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        self.answer(json!({
            "clientDataJSON": BASE64.encode(self.client(&options, "webauthn.create")),
            "attestationObject": BASE64.encode(object),
        }))
    }

    /// Uses the passkey for `options`.
    pub fn take(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        self.count += 1;
        let data = self.data(options["rpId"].as_str().unwrap(), 0);
        let client = self.client(&options, "webauthn.get");
        let mut signed = data.clone();
        signed.extend(Sha256::digest(&client));
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        self.answer(json!({
            "clientDataJSON": BASE64.encode(client),
            "authenticatorData": BASE64.encode(data),
            "signature": BASE64.encode(signature),
            "userHandle": self.owner,
        }))
    }

    fn data(&self, venue: &str, flags: u8) -> Vec<u8> {
        let verified = if self.verifies { VERIFIED } else { 0 };
        let mut data = Sha256::digest(venue).to_vec();
        data.push(PRESENT | verified | self.backup | flags);
        data.extend(self.count.to_be_bytes());
        data
    }

    fn client(&self, options: &Value, kind: &str) -> Vec<u8> {
        json!({
            "type": kind, "challenge": options["challenge"], "origin": self.origin,
            "crossOrigin": false,
        })
        .to_string()
        .into_bytes()
    }

    fn answer(&self, response: Value) -> String {
        json!({
            "id": self.id(), "rawId": self.id(), "type": "public-key", "response": response,
            "clientExtensionResults": {},
        })
        .to_string()
    }
}
