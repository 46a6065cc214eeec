#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcs_gmail::fuzz::message(data));
