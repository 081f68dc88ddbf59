//! Makes a stream from a hardware generator, or from the noise of an ADC.

use rand_core::TryRng;
use weight_init::Stream;

/// Seeds from a hardware generator whose HAL has `rand_core` 0.10.
pub fn from_trng<R: TryRng>(trng: &mut R) -> Result<Stream, R::Error> {
    Ok(Stream::new(trng.try_next_u64()?))
}

/// Does the same for `rand_core` 0.9.
pub fn from_trng_0_9<R: rand_core_0_9::TryRngCore>(trng: &mut R) -> Result<Stream, R::Error> {
    Ok(Stream::new(trng.try_next_u64()?))
}

/// Does the same for `rand_core` 0.6, which has one trait for generators that fail and that don't.
pub fn from_trng_0_6<R: rand_core_0_6::RngCore>(
    trng: &mut R,
) -> Result<Stream, rand_core_0_6::Error> {
    let mut seed = [0; 8];
    trng.try_fill_bytes(&mut seed)?;
    Ok(Stream::new(u64::from_le_bytes(seed)))
}

/// Folds 256 readings of an ADC into a stream. `device` is the chip's serial number, so that two chips
/// with a stuck ADC differ.
pub fn from_adc(device: u64, mut read: impl FnMut() -> u16) -> Stream {
    (0..256).fold(Stream::new(device), |stream, _| stream.substream(read().into()))
}
