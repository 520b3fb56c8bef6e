//! Threads of the host. What one does is a struct with `turn()`, and elsewhere.

use std::thread::JoinHandle;

/// Spawns a named thread.
///
/// # Panics
/// When the host has no thread to give: nothing can run then.
pub fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    let spawned = std::thread::Builder::new().name(name.into()).spawn(work);
    spawned.unwrap_or_else(|error| panic!("cannot start the {name} thread: {error}"))
}
