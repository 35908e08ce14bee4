#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bandstand_radio::fuzz::radio_stream(bytes));
