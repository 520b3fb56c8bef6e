//! What proves who a session is: a password's hash in the file, or a key that stands elsewhere.

use super::{Config, ConfigError, SessionProtocol};
use crate::auth::Secret;
use crate::io;
use argon2::password_hash::phc::PasswordHash;
use std::path::Path;

/// A key shorter than this is guessed.
const KEY_BYTES_MIN: usize = 7;

impl Config {
    /// The session of the `n`th table has what its protocol needs, and nothing else.
    pub(super) fn check_secret(&self, n: usize) -> Result<(), ConfigError> {
        let s = &self.session[n];
        let wrong = |name: &str, problem: &str, fix: &str| {
            Err(self.error(format!("session[{n}].{name}"), problem, fix))
        };
        match (s.protocol, &s.password_hash, &s.hmac_key, &s.ed25519_key) {
            (SessionProtocol::Fix, Some(hash), None, None) => {
                if PasswordHash::new(hash).is_err() {
                    let fix = "make one with `portcullis hash-password`";
                    return wrong("password_hash", "not an Argon2 hash", fix);
                }
                Ok(())
            }
            (SessionProtocol::Fix, None, _, _) => {
                let fix = "make one with `portcullis hash-password`";
                wrong("password_hash", "missing", fix)
            }
            (SessionProtocol::Fix, ..) => {
                let fix = "remove hmac_key and ed25519_key, or say protocol = \"sbe\"";
                wrong("protocol", "FIX sessions have passwords", fix)
            }
            (SessionProtocol::Sbe, None, Some(place), None) => match place.split_once(':') {
                Some(("env" | "file", rest)) if !rest.is_empty() => Ok(()),
                Some(("text", key)) if key.len() >= KEY_BYTES_MIN => Ok(()),
                _ => wrong(
                    "hmac_key",
                    "does not say where the key is",
                    "write env:NAME or file:PATH; text:KEY (7 characters or more) for play only",
                ),
            },
            (SessionProtocol::Sbe, None, None, Some(key)) => match public_key(key) {
                Some(_) => Ok(()),
                None => {
                    let fix = "write the 32 bytes of the public key as 64 hexadecimal digits";
                    wrong("ed25519_key", "no Ed25519 public key", fix)
                }
            },
            (SessionProtocol::Sbe, ..) => {
                let fix = "give hmac_key or ed25519_key, one of them, and no password_hash";
                wrong("protocol", "SBE sessions sign with one key", fix)
            }
        }
    }

    /// The secret of the `n`th table, read from where it stands.
    pub(super) fn secret_of(&self, n: usize) -> Result<Secret, ConfigError> {
        self.check_secret(n)?;
        let s = &self.session[n];
        if let Some(password_hash) = &s.password_hash {
            let (username, password_hash) = (s.username.clone(), password_hash.clone());
            return Ok(Secret::Password { username, password_hash });
        }
        if let Some(key) = s.ed25519_key.as_deref().and_then(public_key) {
            return Ok(Secret::Ed25519(key));
        }
        let place = s.hmac_key.as_deref().unwrap_or_default();
        let key = match place.split_once(':') {
            Some(("env", name)) => std::env::var_os(name).map(|key| key.into_encoded_bytes()),
            Some(("file", path)) => io::file::read(Path::new(path)).ok(),
            Some(("text", key)) => Some(key.as_bytes().to_vec()),
            _ => None,
        };
        let key = key.map(|key| key.trim_ascii_end().to_vec());
        match key.filter(|key| key.len() >= KEY_BYTES_MIN) {
            Some(key) => Ok(Secret::Hmac(key)),
            None => Err(self.error(
                format!("session[{n}].hmac_key"),
                format!("there is no key of 7 bytes or more at {place}"),
                "set the variable, or write the file, for the user who runs portcullis",
            )),
        }
    }
}

fn public_key(hexadecimal: &str) -> Option<ed25519_dalek::VerifyingKey> {
    let mut bytes = [0; 32];
    let digits = hexadecimal.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok()
}
