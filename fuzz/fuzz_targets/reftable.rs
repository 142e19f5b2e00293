#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keysift_fuzz::reftable::run(data));
