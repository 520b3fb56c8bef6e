//! Panics that are part of the play: a process that must stop does so, and the world goes on.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// Inside [`caught`]: what was said, and where.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

static HOOK: Once = Once::new();

fn words_of<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    let said = info.payload();
    let text = said.downcast_ref::<String>().map(String::as_str);
    text.or(said.downcast_ref::<&str>().copied()).unwrap_or("")
}

/// Does `work`; a panic in it is not printed and comes back as what it said and where.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |info| {
            let quiet = SAID.with_borrow_mut(|said| {
                said.as_mut().map(|said| {
                    let words = words_of(info);
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
    done.map_err(|_| said.unwrap_or_default())
}
