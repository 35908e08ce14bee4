#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bandstand_recording::fuzz::repair_file(bytes));
