#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bandstand_sfu::fuzz::packet_cache(bytes));
