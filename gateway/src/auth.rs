//! Secrets are checked here, on a cold thread, behind a bounded queue.
//!
//! The check of a password costs tens of milliseconds by design (argon2), so it never runs where orders
//! do; signatures go the same way. An unknown CompID costs as much as a wrong secret and gets the same
//! answer.

use crate::connection::{Credentials, Proof};
use crate::io::{ConnId, Doorbell};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordVerifier};
use hmac::{Hmac, KeyInit, Mac};
use sbe_schemas::header::text;
use sha2::Sha256;
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// Logons that may wait.
const QUEUE_MAX: usize = 64;

/// A session's secret, as configured.
#[derive(Clone)]
pub enum Secret {
    /// Of a FIX session.
    Password {
        /// Username (553) that must be given; `None`: the CompID or nothing.
        username: Option<String>,
        /// PHC string of the password.
        password_hash: String,
    },
    /// Of a binary session: the key both sides have.
    Hmac(Vec<u8>),
    /// Of a binary session: the public key, 32 bytes.
    Ed25519(ed25519_dalek::VerifyingKey),
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a secret")
    }
}

/// The PHC string of a password, with a fresh salt, as a configuration wants it.
///
/// # Errors
/// The host has no random bytes.
pub fn hash(password: &str) -> anyhow::Result<String> {
    use argon2::PasswordHasher;
    let hashed = Argon2::default().hash_password(password.as_bytes());
    Ok(hashed.map_err(|error| anyhow::anyhow!("cannot hash: {error}"))?.to_string())
}

/// One answer.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// Who asked.
    pub conn: ConnId,
    /// The secret is right.
    pub is_right: bool,
}

/// The gateway's end.
pub struct AuthClient {
    questions: SyncSender<(ConnId, Credentials)>,
    answers: Receiver<Answer>,
}

impl AuthClient {
    /// Asks. `false`: too many are waiting; refuse this one.
    pub fn ask(&self, conn: ConnId, credentials: Credentials) -> bool {
        match self.questions.try_send((conn, credentials)) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }

    /// The next answer, if there is one.
    pub fn answer(&self) -> Option<Answer> {
        self.answers.try_recv().ok()
    }
}

/// The checking end.
pub struct Checker {
    secrets: HashMap<[u8; 24], Secret>,
    /// Checked in place of an unknown CompID's.
    decoy: String,
    questions: Receiver<(ConnId, Credentials)>,
    answers: SyncSender<Answer>,
}

/// Both ends. `secrets` by CompID, NUL padded.
pub fn auth_way(secrets: HashMap<[u8; 24], Secret>) -> (AuthClient, Checker) {
    let (ask, questions) = sync_channel(QUEUE_MAX);
    // An answer for every question that can wait, and the one being checked.
    let (answers, hear) = sync_channel(QUEUE_MAX + 1);
    let hash = |secret: &Secret| match secret {
        Secret::Password { password_hash, .. } => Some(password_hash.clone()),
        Secret::Hmac(_) | Secret::Ed25519(_) => None,
    };
    let decoy = secrets.values().find_map(hash).unwrap_or_default();
    let client = AuthClient { questions: ask, answers: hear };
    (client, Checker { secrets, decoy, questions, answers })
}

impl Checker {
    /// Checks until the gateway is gone; rings its bell after each answer.
    pub fn run(self, gateway: &Doorbell) {
        while let Ok((conn, credentials)) = self.questions.recv() {
            let is_right = self.check(&credentials);
            if !is_right {
                // The client is told nothing: this is where the operator sees it.
                let who = String::from_utf8_lossy(text(&credentials.comp_id)).into_owned();
                tracing::warn!("logon refused: {who}: unknown CompID or wrong secret");
            }
            if self.answers.send(Answer { conn, is_right }).is_err() {
                return;
            }
            gateway.ring();
        }
    }

    /// One question without a thread: the simulator's way. `false`: none waits.
    pub fn turn(&self) -> bool {
        let Ok((conn, credentials)) = self.questions.try_recv() else { return false };
        self.answers.send(Answer { conn, is_right: self.check(&credentials) }).is_ok()
    }

    fn check(&self, credentials: &Credentials) -> bool {
        let secret = self.secrets.get(&credentials.comp_id);
        match &credentials.proof {
            Proof::Password { username, password } => {
                self.check_password(&credentials.comp_id, text(username), text(password))
            }
            Proof::Signature { signed: (bytes, count), signature } => {
                check_signature(secret, bytes.get(..*count).unwrap_or(&[]), signature)
            }
        }
    }

    fn check_password(&self, comp_id: &[u8; 24], username: &[u8], password: &[u8]) -> bool {
        let (wanted, hash) = match self.secrets.get(comp_id) {
            Some(Secret::Password { username, password_hash }) => (Some(username), password_hash),
            _ => (None, &self.decoy),
        };
        let Ok(hash) = PasswordHash::new(hash) else { return false };
        let right = Argon2::default().verify_password(password, &hash).is_ok();
        right
            && wanted.is_some_and(|wanted| match wanted {
                Some(expected) => username == expected.as_bytes(),
                None => username.is_empty() || username == text(comp_id),
            })
    }
}

/// A signature over bytes: HMAC-SHA-256 and zeros behind it, or Ed25519.
fn check_signature(secret: Option<&Secret>, bytes: &[u8], signature: &[u8; 64]) -> bool {
    let key = match secret {
        Some(Secret::Ed25519(key)) => {
            let signature = ed25519_dalek::Signature::from_bytes(signature);
            return key.verify_strict(bytes, &signature).is_ok();
        }
        Some(Secret::Hmac(key)) => key.as_slice(),
        // Costs what a wrong signature costs.
        Some(Secret::Password { .. }) | None => &[],
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return false };
    mac.update(bytes);
    let (told, padding) = signature.split_at(32);
    let right = mac.verify_slice(told).is_ok() && padding.iter().all(|byte| *byte == 0);
    right && !key.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::Signer;

    fn signed_with(key: &[u8], bytes: &[u8]) -> [u8; 64] {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key");
        mac.update(bytes);
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&mac.finalize().into_bytes());
        signature
    }

    #[test]
    fn only_the_owner_of_the_key_signs_right() {
        let hmac = Secret::Hmac(b"key".to_vec());
        let good = signed_with(b"key", b"words");
        assert!(check_signature(Some(&hmac), b"words", &good));
        assert!(!check_signature(Some(&hmac), b"other", &good));
        assert!(!check_signature(Some(&hmac), b"words", &signed_with(b"yek", b"words")));
        assert!(!check_signature(None, b"words", &signed_with(b"", b"words")), "nobody's");
        let mut padded = good;
        padded[63] = 1;
        assert!(!check_signature(Some(&hmac), b"words", &padded));

        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let public = Secret::Ed25519(key.verifying_key());
        let good = key.sign(b"words").to_bytes();
        assert!(check_signature(Some(&public), b"words", &good));
        assert!(!check_signature(Some(&public), b"other", &good));
    }
}
