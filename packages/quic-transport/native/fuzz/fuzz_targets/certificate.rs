#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quicmesh_fuzz::certificate(data));
