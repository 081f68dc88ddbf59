//! Tests that the public functions can't make: chosen words in the fast path, and every position in the
//! overhang. For all else see `tests/backends_agree.rs`.

extern crate std;

use core::mem::MaybeUninit;
use std::{vec, vec::Vec};

use super::{
    detect::{Backend, Kind},
    fill::Fill,
    integer::Integer,
    job::Job,
    lanewise::{self, Arithmetic, Fpu, Fresh, Resumed},
    simd::entry::Entry,
    slots::uninit,
};
use crate::{
    sampler::{
        math::{exp, ln},
        signed, tables,
        ziggurat::{Normal, Truncated, fast, rejects},
    },
    size::size,
    slot::{Fixed, FixedPoint, NoRounding, Quantization, Rounding},
    stream::Stream,
};

/// Returns all backends except the portable one.
fn others() -> impl Iterator<Item = Backend> {
    Backend::available().filter(|&backend| backend != Backend::PORTABLE)
}

fn fast_path(
    backend: Backend,
    std: f32,
    groups: impl Iterator<Item = [u32; 64]>,
    check: impl FnMut(&[u32; 64], &[f32; 64], &[u16]),
) {
    match backend.0 {
        Kind::Avx512(proof) => proof.fast_path(std, groups, check),
        Kind::Avx2(proof) => proof.fast_path(std, groups, check),
        Kind::Neon(proof) => proof.fast_path(std, groups, check),
        Kind::Portable => unreachable!("the other backends are compared with the portable one"),
    }
}

/// Returns the image of a word under a bijection (MurmurHash3's finaliser), so that all layers meet in all
/// lanes.
fn scattered(mut word: u32) -> u32 {
    word = (word ^ word >> 16).wrapping_mul(0x85eb_ca6b);
    word = (word ^ word >> 13).wrapping_mul(0xc2b2_ae35);
    word ^ word >> 16
}

/// Takes all 2³² words at full size, and otherwise every 256th group.
#[test]
fn the_fast_path_agrees_for_every_word() {
    const THREADS: u32 = 2;
    let step = size(256, 1);
    for backend in others() {
        let words = |thread| {
            let firsts = (thread * step..1 << 26).step_by((THREADS * step) as usize);
            firsts.map(|first| core::array::from_fn(|i| scattered(first << 6 | i as u32)))
        };
        let check = |words: &[u32; 64], values: &[f32; 64], left: &[u16]| {
            let mut expected = 0_u64;
            for (i, (&word, value)) in words.iter().zip(values).enumerate() {
                let portable = fast::<Normal>(word, 0.05);
                if portable.is_nan() {
                    expected |= 1 << i;
                    assert!(value.is_nan(), "{backend}, {word:#x}: {value}");
                } else {
                    assert_eq!(value.to_bits(), portable.to_bits(), "{backend}, {word:#x}");
                }
            }
            let given = left.iter().fold(0_u64, |bits, &position| bits | 1 << position);
            assert_eq!(
                (given, left.len()),
                (expected, expected.count_ones() as usize),
                "{backend}"
            );
        };
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                scope.spawn(move || fast_path(backend, 0.05, words(thread), check));
            }
        });
    }
}

/// Rejects from none to all positions of a group, in any order.
#[test]
fn any_number_of_a_group_may_be_rejected() {
    for backend in others() {
        let groups = (0..65 * 64).map(|n: usize| {
            let (count, turn) = (n / 64, n % 64);
            core::array::from_fn(|i| {
                let layer = if (i * 29 + turn) % 64 < count { 126 + i as u32 % 2 } else { 125 };
                (n as u32).wrapping_mul(0x9e37_79b1) << 7 | layer
            })
        });
        fast_path(backend, 1.0, groups, |words, _, left| {
            let mut given = left.to_vec();
            given.sort_unstable();
            let expected: Vec<u16> = (0..64).filter(|&i| words[i as usize] & 127 > 125).collect();
            assert_eq!(given, expected, "{backend}");
        });
    }
}

/// Takes the smallest and the largest scale, where a backend's own scaling could round or overflow.
#[test]
fn the_fast_path_agrees_at_the_ends_of_the_scale() {
    for backend in others() {
        for std in [1.0 / (1_u128 << 90) as f32, f32::MAX / 8.0] {
            let words = (0..1 << 12).map(|first| {
                core::array::from_fn(|i| (first << 6 | i as u32).wrapping_mul(0x9e37_79b1))
            });
            fast_path(backend, std, words, |words, values, _| {
                for (&word, value) in words.iter().zip(values) {
                    let portable = fast::<Normal>(word, std);
                    assert!(
                        value.to_bits() == portable.to_bits()
                            || value.is_nan() && portable.is_nan(),
                        "{backend}, {word:#x}: {value} and not {portable}"
                    );
                }
            });
        }
    }
}

fn filled(backend: Backend, job: Job, start: u64, len: usize) -> Vec<u32> {
    let mut out = vec![f32::NAN; len];
    let fill = Fill { executor: backend.into(), job, stream: Stream::new(5), start };
    fill.write(NoRounding::new(), &mut out);
    out.into_iter().map(f32::to_bits).collect()
}

/// All positions of a group are rejected, which never happens by chance.
#[test]
fn every_position_resolved_agrees() {
    let job = Job::Overhang { std: 0.3 };
    let lengths = size([1, 100, 70_000], [1, 70_000, 5_000_000]);
    for len in lengths {
        for start in [0, 13, 4_000, (1 << 32) - 1] {
            let expected = filled(Backend::PORTABLE, job, start, len);
            for backend in others() {
                let given = filled(backend, job, start, len);
                let differ = (0..len).find(|&i| given[i] != expected[i]);
                assert_eq!(differ, None, "{backend}, {len} values from {start}");
            }
        }
    }
}

/// A reordered operation of `exp` or `ln` changes few values of the overhang by one ulp, and few of these changes
/// decide whether a point is accepted.
#[test]
fn the_functions_of_the_overhang_agree() {
    let step = size(4001, 101);
    let numbers: Vec<f32> = (1e-30_f32.to_bits()..=1_f32.to_bits())
        .step_by(step)
        .chain((1_f32.to_bits()..12_f32.to_bits()).step_by(step))
        .map(f32::from_bits)
        .collect();
    for x in numbers.as_chunks().0 {
        for backend in others() {
            let [density, logarithm] = match backend.0 {
                Kind::Avx512(proof) => proof.density_and_ln(x),
                Kind::Avx2(proof) => proof.density_and_ln(x),
                Kind::Neon(proof) => proof.density_and_ln(x),
                Kind::Portable => unreachable!("the others are compared with the portable one"),
            };
            for (i, &x) in x.iter().enumerate() {
                assert_eq!(density[i].to_bits(), exp(x * x * -0.5).to_bits(), "{backend}, {x:e}");
                if x <= 1.0 {
                    assert_eq!(logarithm[i].to_bits(), ln(x).to_bits(), "{backend}, {x:e}");
                }
            }
        }
    }
}

/// The stages that the benches measure have the same bits too.
#[test]
fn the_other_stages_agree() {
    let bits = |backend, job| {
        let mut bits = filled(backend, job, 7, 100_000);
        bits.iter_mut().filter(|v| f32::from_bits(**v).is_nan()).for_each(|v| *v = 0x7fc0_0000);
        bits
    };
    for job in [Job::Words, Job::Fast { std: 2.0 }] {
        let expected = bits(Backend::PORTABLE, job);
        for backend in others() {
            assert_eq!(bits(backend, job), expected, "{backend}");
        }
    }
}

/// The normal takes the overhang where a word is rejected, and the fast path elsewhere.
#[test]
fn the_stages_make_up_the_normal() {
    for backend in Backend::available() {
        let stage = |job| filled(backend, job, 7, 10_000);
        let words = stage(Job::Words);
        let (accepted, overhang) =
            (stage(Job::Fast { std: 2.0 }), stage(Job::Overhang { std: 2.0 }));
        let normal = stage(Job::Normal { mean: 0.0, std: 2.0 });
        for (i, &word) in words.iter().enumerate() {
            let (value, other) = (accepted[i], overhang[i]);
            assert_eq!(f32::from_bits(value).is_nan(), rejects(word), "{backend}, {word:#x}");
            let expected = if rejects(word) { other } else { value };
            assert_eq!(normal[i], expected, "{backend}, index 7 + {i}, {word:#x}");
        }
    }
}

/// A slice of more than 2³⁰ values is cut into parts. In unit tests the parts are small.
#[test]
fn the_parts_of_a_large_slice_agree() {
    let jobs = [
        Job::Normal { mean: 0.0, std: 0.1 },
        Job::Normal { mean: 1.0, std: 0.1 },
        Job::Truncated { mean: 0.0, sigma: 0.1 },
        Job::Truncated { mean: 1.0, sigma: 0.1 },
        Job::Bounded { mean: 0.0, std: 0.1, sigmas: 3.0 },
        Job::Bounded { mean: -1.0, std: 0.1, sigmas: 1.0 },
        Job::Uniform { low: -1.0, high: 1.0 },
        Job::Uniform { low: 0.0, high: 1.0 },
        Job::Constant(3.0),
    ];
    for job in jobs {
        for start in [0, 77, 4096 * 3 - 5] {
            let expected = filled(Backend::PORTABLE, job, start, 3 * 21_000);
            for backend in others() {
                assert_eq!(filled(backend, job, start, 3 * 21_000), expected, "{backend}, {job:?}");
            }
            let fixed = |backend: Backend| {
                let mut out = vec![0_i8; 3 * 21_000];
                let fill = Fill { executor: backend.into(), job, stream: Stream::new(5), start };
                (fill.write(Fixed::up_to(job.farthest(), 7).unwrap(), &mut out), out)
            };
            let expected = fixed(Backend::PORTABLE);
            assert!(others().all(|backend| fixed(backend) == expected), "i8, {job:?}");
        }
    }
}

/// Checks the fast path in integers, with scales for which every kind of rounding occurs. Ties need a
/// significand with few bits.
#[test]
fn products_in_integers_are_those_of_the_fpu() {
    fn check<A: Arithmetic>(words: impl Iterator<Item = u32>, scale: f32) {
        const UNIT: f32 = 1.0 / 16_777_216.0;
        for word in words {
            let (given, expected) = (A::scaled(word, scale * UNIT), signed(word) * (scale * UNIT));
            assert_eq!(given.to_bits(), expected.to_bits(), "{word:#x} times {scale:e}");
            if !rejects(word) {
                let (given, expected) =
                    (A::fast::<Normal>(word, scale), fast::<Normal>(word, scale));
                assert_eq!(given.to_bits(), expected.to_bits(), "{word:#x}, std {scale:e}");
                let given = A::fast::<Truncated>(word, scale);
                let expected = fast::<Truncated>(word, scale);
                assert_eq!(given.to_bits(), expected.to_bits(), "{word:#x}, sigma {scale:e}");
            }
        }
    }
    fn check_all<A: Arithmetic>() {
        // At other scales all kinds of rounding are met, so that the words of one scale need not be complete.
        let step = size(257, 37);
        check::<A>((0..=u32::MAX).step_by(step), 0.05);
        let (ulp, mut carries) = (f32::EPSILON, 0);
        let ends = [1.0 / (1_u128 << 90) as f32, f32::MAX / 8.0];
        let few_bits = [1.0, 1.25, 1.75, 1.0 + 3.0 * ulp, 1.0 - ulp / 2.0, 2.0 - ulp, 1.0 + ulp];
        let any = (0..2_000_u32).map(|n| f32::from_bits(1_f32.to_bits() + (scattered(n) >> 6)));
        for scale in ends.into_iter().chain(few_bits).chain(any) {
            check::<A>((0..1 << 14).map(|n| scattered(n ^ scale.to_bits())), scale);
        }
        // The product with the edge is rounded up to a power of two.
        for (edge, power) in (0..126).flat_map(|layer| [(layer, 47), (layer, 48)]) {
            let significand = |x: f32| x.to_bits() & 0x007f_ffff | 0x0080_0000;
            let below = (1_u64 << power) / u64::from(significand(tables::NORMAL.edges[edge]));
            for scale in (0..5).map(|d| below - d).filter(|s| (1 << 23..1 << 24).contains(s)) {
                let scale = f32::from_bits(scale as u32 - (1 << 23) + 1_f32.to_bits());
                carries += usize::from(significand(tables::NORMAL.edges[edge] * scale) == 1 << 23);
                check::<A>((0..64).map(|n| scattered(n) << 7 | edge as u32), scale);
            }
        }
        assert!(carries > 40, "{carries} only");
        // Products of a small j have few bits to lose, which makes ties.
        for scale in (0..1 << 12).map(|n| f32::from_bits(1_f32.to_bits() + n)) {
            check::<A>((0..64).flat_map(|j| [j << 7, !(j << 7)]), scale);
        }
    }
    std::thread::scope(|scope| {
        scope.spawn(check_all::<Integer<false, false>>);
        scope.spawn(check_all::<Integer<true, true>>);
    });
}

/// Checks the loop over lanes with each arithmetic, at every length and start within two steps and around the
/// end of a block.
#[test]
fn lane_by_lane_agrees() {
    fn check<A: Arithmetic>(job: Job, start: u64, len: usize) {
        let expected = filled(Backend::PORTABLE, job, start, len);
        let mut out = vec![f32::NAN; len];
        // SAFETY: a fill leaves every slot initialised.
        let slots = unsafe { uninit(&mut out) };
        let rounding = NoRounding::new();
        lanewise::fill::<A, _>(&job, Stream::new(5), start, &mut Fresh, rounding, slots);
        let given: Vec<u32> = out.into_iter().map(f32::to_bits).collect();
        assert_eq!(given, expected, "{job:?}, {len} values from {start}");
    }
    let jobs = [
        Job::Constant(-0.5),
        Job::Normal { mean: 0.0, std: 0.1 },
        Job::Normal { mean: 1.0, std: 0.1 },
        Job::Truncated { mean: 0.0, sigma: 0.1 },
        Job::Truncated { mean: 1.0, sigma: 0.1 },
        Job::Bounded { mean: 0.0, std: 0.1, sigmas: 3.0 },
        Job::Bounded { mean: 1.0, std: 0.1, sigmas: 1.0 },
        Job::Uniform { low: -0.3, high: 0.3 },
        Job::Uniform { low: 0.0, high: 1.0 },
        Job::Words,
        Job::Overhang { std: 0.1 },
    ];
    for job in jobs {
        let near = (0..70).flat_map(|start| (0..70).map(move |len| (start, len)));
        let end = (4096 - 40..4096 + 3).flat_map(|start| (0..70).map(move |len| (start, len)));
        let far = [(0, 4096), (0, 50_000), (17, 8192), ((1 << 32) - 3, 5000), (u64::MAX - 70, 70)];
        for (start, len) in near.chain(end).chain(far) {
            check::<Fpu>(job, start, len);
            check::<Integer<false, false>>(job, start, len);
            check::<Integer<true, true>>(job, start, len);
        }
    }
}

/// Takes parts that follow one another, of all lengths and across the ends of blocks, then parts that don't
/// follow, and one of another stream.
#[test]
fn resumed_lanes_agree() {
    fn check<A: Arithmetic>() {
        let job = Job::Normal { mean: 0.0, std: 0.1 };
        let whole = filled(Backend::PORTABLE, job, 0, 3 * 4096);
        let mut lanes = Resumed::new();
        let mut part = |stream: Stream, start: usize, len: usize| -> Vec<u32> {
            let mut out = vec![f32::NAN; len];
            // SAFETY: a fill leaves every slot initialised.
            let slots = unsafe { uninit(&mut out) };
            let rounding = NoRounding::new();
            lanewise::fill::<A, _>(&job, stream, start as u64, &mut lanes, rounding, slots);
            out.into_iter().map(f32::to_bits).collect()
        };
        let mut start = 0;
        for len in [64, 1, 5, 0, 16, 17, 3, 64, 100, 2, 1000, 31].into_iter().cycle() {
            if start + len > whole.len() {
                break;
            }
            assert_eq!(part(Stream::new(5), start, len), whole[start..start + len], "from {start}");
            start += len;
        }
        assert!(start > 8192);
        let parts = [(40, 64), (105, 7), (112, 64), (4096, 20), (20, 20), (0, 64), (0, 64)];
        for (start, len) in parts {
            assert_eq!(part(Stream::new(5), start, len), whole[start..start + len], "from {start}");
        }
        let other = part(Stream::new(6), 40, 64);
        assert_eq!(other, part(Stream::new(6), 40, 64));
        assert_ne!(other, whole[40..104]);
    }
    check::<Fpu>();
    check::<Integer<false, false>>();
    check::<Integer<true, true>>();
}

/// Checks the two ways by which small and large processors without a SIMD backend round, with each job, at
/// starts and lengths around whole blocks.
#[test]
fn rounded_fills_agree() {
    let rounding = Fixed::<i16>::up_to(f32::MAX, 13).unwrap();
    let jobs = [
        Job::Constant(1.0),
        Job::Constant(-5.0),
        Job::Normal { mean: 0.0, std: 1.5 },
        Job::Normal { mean: 1.0, std: 1.5 },
        Job::Truncated { mean: 1.0, sigma: 1.5 },
        Job::Bounded { mean: 1.0, std: 1.5, sigmas: 2.5 },
        Job::Uniform { low: -5.0, high: 5.0 },
        Job::Uniform { low: 0.0, high: 5.0 },
    ];
    for job in jobs {
        let near = [(0, 20_000), (1, 63), (5, 64), (63, 66), (4090, 200), (8191, 9000)];
        for (start, len) in near.into_iter().chain([(u64::MAX - 9000, 9000)]) {
            let stream = Stream::new(5);
            let fill = Fill { executor: Backend::PORTABLE.into(), job, stream, start };
            let mut values = vec![0.0; len];
            fill.write(NoRounding::new(), &mut values);
            let expected: Vec<(i16, bool)> = values.iter().map(|v| rounding.round(*v)).collect();
            let check = |write: &dyn Fn(&mut [MaybeUninit<i16>]) -> usize| {
                let mut out = vec![0; len];
                // SAFETY: a fill leaves every slot initialised.
                let saturated = write(unsafe { uninit(&mut out) });
                assert!(out.iter().eq(expected.iter().map(|(slot, _)| slot)), "{job:?}, {start}");
                assert_eq!(saturated, expected.iter().filter(|(_, saturates)| *saturates).count());
            };
            check(&|out| fill.fill_blocks(Backend::PORTABLE, rounding, out));
            check(&|out| fill.fill_lanes(rounding, &mut Fresh, out));
            check(&|out| {
                lanewise::fill::<Integer<true, true>, _>(
                    &job, stream, start, &mut Fresh, rounding, out,
                )
            });
            // In pages, with lanes that are kept from one to the next.
            let (mut lanes, mut out, mut saturated) = (Resumed::new(), vec![0; len], 0);
            for (page, part) in out.chunks_mut(100).enumerate() {
                let start = start.wrapping_add(100 * page as u64);
                let page = Fill { start, ..fill };
                saturated += page.write_resumed(rounding, &mut lanes, part);
            }
            assert!(out.iter().eq(expected.iter().map(|(slot, _)| slot)), "{job:?}, {start}");
            assert_eq!(saturated, expected.iter().filter(|(_, saturates)| *saturates).count());
        }
    }
}

/// One value is rounded once, and all slots or none saturate.
#[test]
fn a_constant_fills_every_slot() {
    for backend in Backend::available() {
        for (value, slot, saturates) in [(-0.5, -64, false), (1.5, 127, true), (-1.5, -128, true)] {
            let mut out = [1_i8; 100];
            let fill = Fill {
                executor: backend.into(),
                job: Job::Constant(value),
                stream: Stream::new(5),
                start: 3,
            };
            let saturated = fill.write(Fixed::up_to(value.abs(), 7).unwrap(), &mut out);
            assert_eq!(out, [slot; 100], "{backend}, {value}");
            assert_eq!(saturated, if saturates { 100 } else { 0 }, "{backend}, {value}");
        }
    }
}

/// Checks how every backend rounds these values, and how many saturate. The number of values is a multiple
/// of 64.
fn check_rounding<R: Rounding<Slot: core::fmt::Debug>>(
    rounding: R,
    values: &[f32],
    expected: impl Fn(f32) -> (R::Slot, bool),
) {
    let expected: Vec<(R::Slot, bool)> = values.iter().map(|&value| expected(value)).collect();
    let count = expected.iter().filter(|(_, saturates)| *saturates).count();
    assert!(values.len().is_multiple_of(64));
    let in_registers = R::NARROW && !rounding.is_far();
    for backend in Backend::available() {
        let mut out: Vec<R::Slot> = expected.iter().rev().map(|(slot, _)| *slot).collect();
        // SAFETY: rounding writes initialised slots only.
        let slots = unsafe { uninit(&mut out) };
        let saturated = match backend.0 {
            Kind::Avx512(proof) if in_registers => proof.round_all(rounding, values, slots),
            Kind::Avx2(proof) if in_registers => proof.round_all(rounding, values, slots),
            Kind::Neon(proof) if in_registers => proof.round_all(rounding, values, slots),
            _ => backend.round(rounding, values, slots),
        };
        for ((slot, (expected, _)), value) in out.iter().zip(&expected).zip(values) {
            assert_eq!(slot, expected, "{backend}, {value:e} = {:#x}", value.to_bits());
        }
        assert_eq!(saturated, count, "{backend}, from {:e} on", values[0]);
    }
}

/// Calls `check` with numbers for which `is_number` is true, 4096 consecutive ones at a time. There are 2048 of
/// these parts for each sign and exponent.
///
/// All 2³² numbers would take minutes. The result depends on the sign, the exponent, the bits that are lost and
/// the last one that is kept. Every 31st part therefore suffices at full size, and two more of each 32: the one
/// that begins with at least 17 zeros, and the one before it. 31 is odd, so that for each sign and exponent a
/// part's index meets all residues modulo 32 twice. These choose the fraction bits below, and hold all but
/// 12 of the bits that a `bf16` loses. The two more hold the ties at which more bits are lost, as in the
/// subnormal numbers of `f16`, and the numbers next to them. At less than full size it takes every 503rd part.
///
/// If the environment has a variable `ALL_NUMBERS`, all 2³² are taken.
fn all_kinds_of_numbers(is_number: fn(f32) -> bool, check: impl Fn(usize, &[f32]) + Sync) {
    const THREADS: usize = 2;
    let all = std::env::var_os("ALL_NUMBERS").is_some();
    let is_taken = |part: usize| {
        if all {
            true
        } else {
            size(part.is_multiple_of(503), part.is_multiple_of(31) || matches!(part % 32, 0 | 31))
        }
    };
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let check = &check;
            scope.spawn(move || {
                let parts = (0..1 << 20).filter(|&part| is_taken(part));
                for part in parts.skip(thread).step_by(THREADS) {
                    let bits = (part << 12..(part + 1) << 12).map(|bits| bits as u32);
                    let values = bits.map(f32::from_bits);
                    let values = values.map(|value| if is_number(value) { value } else { 0.0 });
                    check(part, &values.collect::<Vec<_>>());
                }
            });
        }
    });
}

#[cfg(feature = "half")]
#[test]
fn all_kinds_of_numbers_become_bf16() {
    use half::bf16;
    let rounding = crate::slot::Float::<bf16>::new();
    all_kinds_of_numbers(
        |v| !v.is_nan(),
        |_, values| check_rounding(rounding, values, |v| (bf16::from_f32(v), false)),
    );
}

/// Leaves out the numbers that are refused because they would become infinite.
#[cfg(feature = "half")]
#[test]
fn all_kinds_of_numbers_become_f16() {
    use half::f16;
    let rounding = crate::slot::Float::<f16>::new();
    all_kinds_of_numbers(
        |v| v.abs() < 65_520.0,
        |_, values| check_rounding(rounding, values, |v| (f16::from_f32(v), false)),
    );
}

/// Compares with `f64`, in which the sum is exact.
fn check_fixed<Q: FixedPoint + TryFrom<i64> + core::fmt::Debug>(
    quantization: Quantization,
    values: &[f32],
) {
    let (low, high) = (f64::from(Q::SMALLEST), f64::from(Q::LARGEST));
    let farthest = values.iter().fold(0.0, |farthest: f32, value| farthest.max(value.abs()));
    let rounding = Fixed::<Q>::up_to(farthest, quantization).unwrap();
    check_rounding(rounding, values, |value| {
        let steps = f64::from(value * (1.0 / quantization.scale()));
        // Rounded by an addition, because `round_ties_even` is a slow function without SSE4.1.
        let unit = 4_503_599_627_370_496_f64.copysign(steps);
        let is_integer = steps.abs() >= unit.abs();
        let nearest = if is_integer { steps } else { (steps + unit) - unit };
        let nearest = nearest + f64::from(quantization.zero_point());
        let slot = nearest.clamp(low, high);
        let expected = (Q::try_from(slot as i64).ok().unwrap(), slot != nearest);
        if value.is_finite() {
            let (integer, saturates) = if value.to_bits() & 1 == 0 {
                rounding.round_in_integers::<false>(value)
            } else {
                rounding.round_in_integers::<true>(value)
            };
            assert_eq!((Q::of(integer), saturates), expected, "{value:e}, {quantization:?}");
        }
        expected
    });
}

/// The quantisation changes from part to part. Each exponent has 2048 parts.
#[test]
fn all_kinds_of_numbers_become_fixed_point() {
    let powers = |part: usize, count| Quantization::from_fraction_bits((part % count) as u32);
    let others = [0.006, 0.1, 1.0 / 3.0, 3.0, 1e-30, 1e30, 1.0, 2.0];
    let other = |part| Quantization::from_scale(others[part % others.len()]);
    all_kinds_of_numbers(
        |v| !v.is_nan(),
        |part, values| {
            if part % 3 == 0 {
                check_fixed::<i8>(other(part / 3), values);
                check_fixed::<i16>(other(part / 3), values);
                check_fixed::<i32>(other(part / 3), values);
            } else {
                check_fixed::<i8>(powers(part, 14), values);
                check_fixed::<i16>(powers(part, 22), values);
                check_fixed::<i32>(powers(part, 38), values);
            }
            let quantization = if part % 2 == 0 { other(part / 2) } else { powers(part / 2, 9) };
            check_fixed::<u8>(quantization.with_zero_point((part % 256) as i32), values);
        },
    );
}

/// Takes whole and half steps and the numbers next to them: all for 8 bits, and for more bits those near zero
/// and near the ends of the range.
#[test]
fn ties_become_fixed_point() {
    fn check<Q: FixedPoint + TryFrom<i64> + core::fmt::Debug>(last_zero_point: i32) {
        let end = 1_i64 << (8 * size_of::<Q>());
        let near = [0, -end / 2, -end, -2 * end, end / 2, end, 2 * end];
        for fraction_bits in 0..8 * size_of::<Q>() as i32 + 3 {
            let near = near.map(|middle| middle - 320..middle + 320);
            let values = near.into_iter().flatten().flat_map(|halves| {
                let value = (halves as f64 * 0.5_f64.powi(fraction_bits + 1)) as f32;
                [value.next_down(), value, value.next_up()]
            });
            let values = values.collect::<Vec<_>>();
            let quantization = Quantization::from_fraction_bits(fraction_bits as u32);
            for zero_point in (0..=last_zero_point).step_by(51).chain([last_zero_point.min(128)]) {
                check_fixed::<Q>(quantization.with_zero_point(zero_point), &values);
            }
        }
    }
    check::<i8>(0);
    check::<i16>(0);
    check::<i32>(0);
    check::<u8>(255);
}
