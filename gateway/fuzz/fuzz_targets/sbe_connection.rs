//! What a binary client sends once it is established: a byte that chooses width and cuts, then the stream. What
//! must hold is in `src/sbe.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fix_fuzz::sbe_connection(data));
