//! Secrets are checked here, on a cold thread, behind a bounded queue.
//!
//! A check costs tens of milliseconds by design (argon2), so it never runs where orders do. An
//! unknown CompID costs as much as a wrong password and gets the same answer.

use crate::fix::connection::Credentials;
use crate::io::{ConnId, Doorbell};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordVerifier};
use sbe_schemas::header::text;
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

/// Logons that may wait.
const QUEUE_MAX: usize = 64;

/// A session's secret, as configured.
#[derive(Clone, Debug)]
pub struct Secret {
    /// Username (553) that must be given; `None`: the CompID or nothing.
    pub username: Option<String>,
    /// PHC string of the password.
    pub password_hash: String,
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
    let decoy = secrets.values().next().map(|s| s.password_hash.clone()).unwrap_or_default();
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
                tracing::warn!("logon refused: {who}: unknown CompID or wrong password");
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
        let hash = secret.map_or(&self.decoy, |secret| &secret.password_hash);
        let Ok(hash) = PasswordHash::new(hash) else { return false };
        let right = Argon2::default().verify_password(text(&credentials.password), &hash).is_ok();
        let username = text(&credentials.username);
        right
            && secret.is_some_and(|secret| match &secret.username {
                Some(expected) => username == expected.as_bytes(),
                None => username.is_empty() || username == text(&credentials.comp_id),
            })
    }
}
