//! A stream of bytes as it comes from the network. What must hold is in `src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fix_fuzz::frame(data));
