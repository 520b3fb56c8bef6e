//! The body of a message, from `35=` on. What must hold is in `src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fix_fuzz::decode(data));
