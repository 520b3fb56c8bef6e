//! Panics that are part of the play: a process that must stop does so, and the world goes on.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Inside [`caught`]: what was said, and where.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

static HOOK: Once = Once::new();

/// Does `work`; a panic in it is not printed and comes back as its error: what it said, and where.
pub fn caught(work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |info| {
            let quiet = SAID.with_borrow_mut(|said| {
                said.as_mut().map(|said| {
                    let words = info.payload().downcast_ref::<String>().map(String::as_str);
                    let words = words.or(info.payload().downcast_ref::<&str>().copied());
                    let words = words.unwrap_or("");
                    *said = format!("{words} ({})", info.location().expect("always there"));
                })
            });
            if quiet.is_none() {
                usual(info);
            }
        }));
    });
    let outside = SAID.replace(Some(String::new()));
    let done = catch_unwind(AssertUnwindSafe(work));
    let said = SAID.replace(outside);
    done.unwrap_or_else(|_| Err(said.unwrap_or_default()))
}
