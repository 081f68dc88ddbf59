//! A stream from whatever generator a HAL has: of `rand_core` 0.10, 0.9 or 0.6.

use core::convert::Infallible;

use weight_init::Stream;

const SEED: u64 = 0x0123_4567_89ab_cdef;

/// A hardware generator that always says the same.
struct Trng;

impl rand_core::TryRng for Trng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(SEED as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(SEED)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(0);
        Ok(())
    }
}

impl rand_core_0_9::RngCore for Trng {
    fn next_u32(&mut self) -> u32 {
        SEED as u32
    }

    fn next_u64(&mut self) -> u64 {
        SEED
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

impl rand_core_0_6::RngCore for Trng {
    fn next_u32(&mut self) -> u32 {
        SEED as u32
    }

    fn next_u64(&mut self) -> u64 {
        SEED
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        bytes.fill(0);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core_0_6::Error> {
        bytes.fill(0);
        Ok(())
    }
}

#[test]
fn rand_core_0_10() {
    assert_eq!(Stream::from_rng(&mut Trng), Stream::new(SEED));
}

#[test]
fn rand_core_0_9() {
    use rand_core_0_9::RngCore;
    assert_eq!(Stream::new(Trng.next_u64()), Stream::new(SEED));
}

#[test]
fn rand_core_0_6() {
    use rand_core_0_6::RngCore;
    assert_eq!(Stream::new(Trng.next_u64()), Stream::new(SEED));
}
