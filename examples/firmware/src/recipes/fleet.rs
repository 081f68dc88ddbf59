//! Gives all devices of a fleet the same start, and the computer that simulates them.

use weight_init::{InitError, Plan, Stream};

/// The seed is a constant, or 8 bytes that the server sends.
const FLEET: Stream = Stream::new(42);

/// Fills the network with which a round of federated learning begins, everywhere with the same bits.
pub fn common_start<const N: usize>(
    plan: &Plan<N>,
    round: u64,
    weights: &mut [f32],
) -> Result<(), InitError> {
    plan.fill(FLEET.named("rounds").substream(round), weights)
}

/// Returns the stream for random numbers that differ from device to device: order of the samples, noise.
pub const fn own(device: u64) -> Stream {
    FLEET.named("devices").substream(device)
}

/// Returns a hash of the bits. The device reports it with its first update, and the server compares it with
/// its own, so that no weights need to be sent.
pub fn fingerprint(weights: &[f32]) -> u64 {
    weights.iter().fold(Stream::new(0), |hash, x| hash.substream(x.to_bits().into())).key()
}
