#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| keysift_fuzz::sqlite::run(data));
