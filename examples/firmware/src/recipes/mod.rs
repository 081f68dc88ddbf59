//! The recipes of the chapter on firmware, in `docs/firmware.md`, and their checks. The chapter shows these
//! files, which a test of the library compares. The checks run on the boards, on the host, and among the
//! library's tests.

pub mod flash;
pub mod fleet;
pub mod head;
pub mod key;
pub mod nor;
pub mod seed;
pub mod start;

use core::cell::Cell;

use embedded_storage::nor_flash::NorFlashErrorKind;
use weight_init::{Init, InitError, LaneRng, Layer, Plan, Shape, Stream};

use self::{
    nor::{Nor, SECTOR},
    start::LEN,
};

/// The checks with their names. Each panics at its first mistake.
pub const CHECKS: [(&str, fn()); 8] = [
    ("a network and its pages", pages),
    ("a seed from a hardware generator", trng),
    ("a seed from an ADC", adc),
    ("a key that is saved", saved_key),
    ("a network in flash", in_flash),
    ("a network in flash, with power cuts", power_cuts),
    ("a new head", new_head),
    ("a fleet", fleet),
];

/// The stream of the model.
const MODEL: Stream = Stream::new(42);
/// The network, which ends in its third sector.
const NETWORK: u32 = 0;
const HEAD: u32 = 3 * SECTOR as u32;
const KEY: u32 = 4 * SECTOR as u32;

/// A flash with room for a network, a head and a key.
type Flash<const UNIT: usize> = Nor<UNIT, { 5 * SECTOR }>;

fn weights(stream: Stream) -> [f32; LEN] {
    let mut weights = [0.0; LEN];
    start::start(stream, &mut weights).unwrap();
    weights
}

fn pages() {
    let (weights, mut next) = (weights(MODEL), 0);
    start::in_pages(MODEL, |first, page| {
        assert_eq!((first, page), (next, &weights[first..first + page.len()]));
        next += page.len();
    })
    .unwrap();
    assert_eq!(next, LEN);
}

/// A generator of each version of `rand_core`.
struct Trng;

impl rand_core_0_9::RngCore for Trng {
    fn next_u32(&mut self) -> u32 {
        unreachable!()
    }

    fn next_u64(&mut self) -> u64 {
        9
    }

    fn fill_bytes(&mut self, _: &mut [u8]) {
        unreachable!()
    }
}

impl rand_core_0_6::RngCore for Trng {
    fn next_u32(&mut self) -> u32 {
        unreachable!()
    }

    fn next_u64(&mut self) -> u64 {
        unreachable!()
    }

    fn fill_bytes(&mut self, _: &mut [u8]) {
        unreachable!()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core_0_6::Error> {
        bytes.fill(6);
        Ok(())
    }
}

fn trng() {
    let lanes = || <LaneRng as rand_core::SeedableRng>::seed_from_u64(7);
    assert_eq!(seed::from_trng(&mut lanes()), Ok(Stream::from_rng(&mut lanes())));
    assert_eq!(seed::from_trng_0_9(&mut Trng), Ok(Stream::new(9)));
    assert_eq!(seed::from_trng_0_6(&mut Trng).unwrap(), Stream::new(0x0606_0606_0606_0606));
}

fn adc() {
    /// Returns the stream of a device whose ADC reads 2048, except that reading `at` is one step higher.
    fn stream(device: u64, at: usize) -> Stream {
        let mut readings = 0..;
        seed::from_adc(device, || 2048 + u16::from(readings.next() == Some(at)))
    }
    let streams = [stream(1, 0), stream(1, 1), stream(1, 255), stream(1, 256), stream(2, 256)];
    for (i, stream) in streams.iter().enumerate() {
        assert!(!streams[..i].contains(stream), "{i}");
    }
    assert_eq!(stream(1, 255), streams[2]);
}

fn saved_key() {
    let mut flash = Flash::<4>::used();
    let calls = Cell::new(0);
    let new = || {
        calls.set(calls.get() + 1);
        MODEL.substream(calls.get())
    };
    // The erasure, the four units of the record, and one of its padding.
    for charge in 1..=6 {
        flash.cut_after(charge);
        assert_eq!(key::saved_or(&mut flash, KEY, new), Err(NorFlashErrorKind::Other), "{charge}");
        flash.restore_power();
    }
    let first = key::saved_or(&mut flash, KEY, new);
    // The last cut came when the key was complete.
    assert_eq!((first, calls.get()), (Ok(MODEL.substream(6)), 6));
}

/// Fails unless the flash holds the network of this stream, and behind it erased bytes.
fn assert_holds<const UNIT: usize>(flash: &Flash<UNIT>, stream: Stream) {
    let (network, behind) = flash.bytes()[..HEAD as usize].split_at(4 * LEN);
    start::in_pages(stream, |first, page| {
        for (value, bytes) in page.iter().zip(network[4 * first..].chunks(4)) {
            assert_eq!(value.to_le_bytes(), bytes);
        }
    })
    .unwrap();
    assert!(behind.iter().all(|byte| *byte == 0xff));
}

fn in_flash() {
    fn check<const UNIT: usize>() {
        let (plan, mut flash) = (start::plan().unwrap(), Flash::<UNIT>::used());
        for stream in [MODEL, MODEL.substream(1)] {
            assert_eq!(flash::write(&mut flash, NETWORK, &plan, stream).unwrap(), 3);
            assert_holds(&flash, stream);
            assert_eq!(flash::write(&mut flash, NETWORK, &plan, stream).unwrap(), 0);
        }
        assert!(flash.bytes()[HEAD as usize..].iter().all(|byte| *byte == 0x5a));
    }
    // The 658 values end in the middle of a unit of 32 bytes.
    check::<4>();
    check::<32>();
    check::<256>();

    let layers = [Layer::with_init("fc", Shape::dense(4, 4), Init::orthogonal()).without_bias()];
    let plan: Plan<1> = Plan::from_layers(&layers).unwrap();
    let orthogonal = flash::write(&mut Flash::<4>::used(), NETWORK, &plan, MODEL);
    assert!(matches!(orthogonal, Err(flash::Error::Init(InitError::WholeTensorOnly))));
}

fn power_cuts() {
    let (plan, mut flash) = (start::plan().unwrap(), Flash::<4>::used());
    // Three erasures and 658 values, of which the last cut interrupts the last one.
    let last = 3 + LEN;
    for charge in (1..=last).step_by(22) {
        let stream = MODEL.substream(charge as u64);
        flash.cut_after(charge);
        let cut = flash::write(&mut flash, NETWORK, &plan, stream);
        assert!(matches!(cut, Err(flash::Error::Flash(NorFlashErrorKind::Other))), "{charge}");
        flash.restore_power();
        // A sector is complete after its erasure and 256 values.
        let left = 3 - (charge - 1) / 257;
        assert_eq!(flash::write(&mut flash, NETWORK, &plan, stream).unwrap(), left, "{charge}");
        assert_holds(&flash, stream);
    }
}

fn new_head() {
    let plan = start::plan().unwrap();
    let head = plan.tensor("fc2.weight").unwrap().range().start;
    let old = weights(MODEL);
    let mut new = old;
    // The network's own stream gives the same head again.
    plan.fill_tensor(MODEL, "fc2.weight", &mut new).unwrap();
    assert_eq!(new, old);

    head::new_head(&plan, MODEL, 1, &mut new).unwrap();
    assert_eq!(new[..head], old[..head]);
    let weights = head..head + 240;
    assert!(weights.clone().all(|i| new[i] != old[i]));
    let first = new;
    head::new_head(&plan, MODEL, 2, &mut new).unwrap();
    assert!(weights.clone().all(|i| new[i] != old[i] && new[i] != first[i]));

    // The same bits in flash, beside a body that stays.
    let mut flash = Flash::<32>::used();
    flash::write(&mut flash, NETWORK, &plan, MODEL).unwrap();
    assert_eq!(flash::write_head(&mut flash, HEAD, MODEL, 1).unwrap(), 1);
    assert_holds(&flash, MODEL);
    for (value, bytes) in first[head..].iter().zip(flash.bytes()[HEAD as usize..].chunks(4)) {
        assert_eq!(value.to_le_bytes(), bytes);
    }
    let too_late: Result<_, flash::Error<_>> = flash::write_head(&mut flash, 5 * HEAD, MODEL, 1);
    assert!(matches!(too_late, Err(flash::Error::Flash(NorFlashErrorKind::OutOfBounds))));
}

fn fleet() {
    let plan = start::plan().unwrap();
    let mut weights = [0.0; LEN];
    fleet::common_start(&plan, 3, &mut weights).unwrap();
    // Every board and the host must come to this number.
    let expected = 6_640_598_027_647_499_912;
    assert_eq!(fleet::fingerprint(&weights), expected);
    // The last bias is zero.
    weights[LEN - 1] = -0.0;
    assert_ne!(fleet::fingerprint(&weights), expected);
    assert_ne!(fleet::own(1), fleet::own(2));
    assert_eq!(
        fleet::common_start(&plan, 3, &mut [0.0; 2]),
        Err(InitError::WrongLength { expected: LEN, given: 2 })
    );
}
