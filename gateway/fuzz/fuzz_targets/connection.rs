//! What a client sends once it is logged on, in the words of `fix_fuzz::venue::stream_of`. What must hold is in `src`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fix_fuzz::connection(data));
