//! No header changes the zone of an untrusted peer, and none hides what a trusted proxy appends: `X-Forwarded-For`.

#![no_main]

mod headers;
mod zone;

use libfuzzer_sys::fuzz_target;
use octroi_idp::network::ClientAddressSource;

fuzz_target!(|input: &[u8]| headers::examine(ClientAddressSource::XForwardedFor, input));
