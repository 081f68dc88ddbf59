//! Tests of fills run by run. The model takes each index of a block by itself, from a plain fill.

extern crate std;

use core::fmt::Debug;
use std::{collections::HashMap, format, vec, vec::Vec};

use super::{
    detect::Backend,
    fill::Fill,
    job::Job,
    runs::{Axis, Runs},
    slots::uninit,
};
use crate::{
    sampler::BLOCK,
    slot::{Fixed, NoRounding, Rounding},
    stream::Stream,
};

const STREAM: Stream = Stream::new(5);

/// A block of a tensor, and the slice that its values are written to.
#[derive(Clone, Debug)]
struct Case {
    axes: Vec<Axis>,
    start: u64,
    offset: usize,
    slots: usize,
}

impl Case {
    /// Returns the index and the offset of each element in loop order.
    fn elements(&self) -> Vec<(u64, usize)> {
        let mut elements = vec![(self.start, self.offset)];
        for axis in &self.axes {
            let along = |&(index, offset): &(u64, usize)| {
                (0..axis.len).map(move |i| {
                    let index = index.wrapping_add(axis.step.wrapping_mul(i as u64));
                    (index, offset.wrapping_add(axis.stride.wrapping_mul(i)))
                })
            };
            elements = elements.iter().flat_map(along).collect();
        }
        elements
    }

    fn runs(&self) -> Runs {
        Runs::new(&self.axes, self.start, self.offset).unwrap()
    }
}

fn axis(len: usize, step: i64, stride: isize) -> Axis {
    Axis { len, step: step as u64, stride: stride as usize }
}

/// Values of a job at any index, by plain fills of the portable backend.
struct Model {
    job: Job,
    blocks: HashMap<u64, Vec<f32>>,
}

impl Model {
    fn new(job: Job) -> Self {
        Self { job, blocks: HashMap::new() }
    }

    fn value(&mut self, index: u64) -> f32 {
        let (block, position) = (index / BLOCK as u64, index % BLOCK as u64);
        let job = self.job;
        let values = self.blocks.entry(block).or_insert_with(|| {
            let mut values = vec![0.0; BLOCK];
            let start = block * BLOCK as u64;
            Fill { executor: Backend::PORTABLE.into(), job, stream: STREAM, start }
                .write(NoRounding::new(), &mut values);
            values
        });
        values[position as usize]
    }
}

/// Compares every backend, and the loop over lanes, with the model. The slice is first filled with `guard`.
fn check<R: Rounding<Slot: Debug>>(model: &mut Model, rounding: R, guard: f32, case: &Case) {
    let guard = rounding.round(guard).0;
    let (mut expected, mut count) = (vec![guard; case.slots], 0);
    for (index, offset) in case.elements() {
        if let Some(slot) = expected.get_mut(offset) {
            let (rounded, saturates) = rounding.round(model.value(index));
            *slot = rounded;
            count += usize::from(saturates);
        }
    }
    let compare = |name: &str, saturated: usize, out: &[R::Slot]| {
        let differ = (0..case.slots).find(|&i| out[i] != expected[i]);
        let differ = differ.map(|i| format!("slot {i}: {:?} and not {:?}", out[i], expected[i]));
        assert_eq!(differ, None, "{name}, {:?}, {case:?}", model.job);
        assert_eq!(saturated, count, "{name}, {:?}, {case:?}", model.job);
    };
    for backend in Backend::available() {
        let fill = Fill { executor: backend.into(), job: model.job, stream: STREAM, start: 0 };
        let mut out = vec![guard; case.slots];
        let saturated = fill.write_runs(rounding, case.runs(), &mut out);
        compare(backend.name(), saturated, &out);
    }
    let fill =
        Fill { executor: Backend::PORTABLE.into(), job: model.job, stream: STREAM, start: 0 };
    let mut out = vec![guard; case.slots];
    // SAFETY: a fill leaves every slot initialised.
    let saturated = fill.runs_by_lanes(rounding, case.runs(), unsafe { uninit(&mut out) });
    compare("lane by lane", saturated, &out);
}

fn normal() -> Model {
    Model::new(Job::Normal { mean: 0.0, std: 0.1 })
}

fn check_f32(model: &mut Model, case: &Case) {
    check(model, NoRounding::new(), 7.0, case);
}

/// Rows of a matrix: `len` of each `cols` columns, written one after the other.
fn rows(rows: usize, cols: usize, start: u64, len: usize) -> Case {
    let axes = vec![axis(rows, cols as i64, len as isize), axis(len, 1, 1)];
    Case { axes, start, offset: 3, slots: rows * len + 7 }
}

/// Starts near the ends of steps, groups and blocks, and beyond 32 bits.
const STARTS: [u64; 9] = [0, 1, 15, 64, 4_000, 4_095, 4_096, (1 << 32) - 5, (1 << 40) + 77];

#[test]
fn runs_of_every_length_agree() {
    let mut model = normal();
    for len in (1..=200).chain([1_023, 1_024, 1_025, 1_376, 5_000]) {
        for (i, start) in STARTS.into_iter().enumerate() {
            // The gaps between two runs: none, within a step, of some steps, of more than a block.
            for gap in [0, 1 + i % 20, 100 + 13 * i, 6_000] {
                if gap < 6_000 || i % 3 == 0 {
                    check_f32(
                        &mut model,
                        &rows(if len < 1000 { 9 } else { 4 }, len + gap, start, len),
                    );
                }
            }
        }
    }
}

/// Many runs in a step, and more runs than a batch has room for.
#[test]
fn short_runs_agree() {
    let mut model = normal();
    for len in 1..=20 {
        for cols in len..len + 20 {
            check_f32(&mut model, &rows(700, cols, 4_090, len));
        }
    }
    check_f32(&mut model, &rows(20_000, 1, 9, 1));
    check_f32(&mut model, &rows(10_000, 2, 9, 1));
}

/// The axes in any order, with gaps between the slots, backwards, and repeated.
#[test]
fn all_orders_of_indices_and_slots_agree() {
    let mut model = normal();
    for (i, start) in STARTS.into_iter().enumerate() {
        let (m, n) = (33 + 7 * i, 130 - 11 * i);
        let (m_len, n_len) = (m as isize, n as isize);
        let end = start + (m * n) as u64;
        let mut cases = vec![
            // Columns one after the other, with and without gaps.
            (vec![axis(m, n as i64, 1), axis(n, 1, m_len)], start, 0),
            (vec![axis(m, n as i64, 1), axis(n, 1, m_len + 3)], start, 5),
            (vec![axis(n, 1, m_len), axis(m, n as i64, 1)], start, 0),
            // Slots two apart, and rows with gaps.
            (vec![axis(m, n as i64, 2 * n_len), axis(n, 1, 2)], start, 1),
            (vec![axis(m, n as i64, n_len + 9), axis(n, 1, 1)], start, 4),
            // Slots backwards: of a row, of the rows, of both.
            (vec![axis(m, n as i64, n_len), axis(n, 1, -1)], start, n - 1),
            (vec![axis(m, n as i64, -n_len), axis(n, 1, 1)], start, (m - 1) * n),
            (vec![axis(m, n as i64, -n_len), axis(n, 1, -1)], start, m * n - 1),
            // Indices backwards.
            (vec![axis(m, -(n as i64), n_len), axis(n, 1, 1)], end - n as u64, 0),
            (vec![axis(m, -(n as i64), n_len), axis(n, -1, 1)], end - 1, 0),
            // Every third index.
            (vec![axis(m, 3 * n as i64, n_len), axis(n, 3, 1)], start, 0),
            // Copies of one row, of single values in a row, and of a whole.
            (vec![axis(m, 0, n_len), axis(n, 1, 1)], start, 0),
            (vec![axis(m, 1, 300), axis(300, 0, 1)], start, 0),
            (vec![axis(2, 0, m_len * n_len), axis(m, n as i64, n_len), axis(n, 1, 1)], start, 0),
        ];
        let mut deep: Vec<Axis> = (0..7).map(|k| axis(2, 1 << (3 * k + 5), 1 << (k + 3))).collect();
        deep.reverse();
        deep.extend([axis(1, 77, 77), axis(2, 10, 4), axis(3, 1, 1)]);
        cases.push((deep, start, 0));
        for (axes, start, offset) in cases {
            let case = Case { axes, start, offset, slots: 0 };
            let slots = case.elements().iter().map(|&(_, offset)| offset + 10).max().unwrap();
            assert!(slots < 1 << 20, "an offset has wrapped around: {case:?}");
            check_f32(&mut model, &Case { slots, ..case });
        }
    }
}

#[test]
fn slots_beyond_the_slice_are_skipped() {
    let mut model = normal();
    for slots in [0, 1, 40, 63, 64, 300, 5_000] {
        let contiguous = rows(40, 150, 10, 100);
        let strided = vec![axis(40, 150, 1), axis(100, 1, 40)];
        let backwards = vec![axis(40, 150, -100), axis(100, 1, 1)];
        let far = vec![axis(40, 150, 1), axis(100, 1, isize::MAX / 50)];
        check_f32(&mut model, &Case { slots, ..contiguous.clone() });
        check_f32(&mut model, &Case { slots, axes: strided, ..contiguous.clone() });
        check_f32(&mut model, &Case { slots, axes: backwards, offset: 450, ..contiguous.clone() });
        check_f32(&mut model, &Case { slots, axes: far, ..contiguous });
    }
    check_f32(&mut model, &Case { axes: vec![], start: 9, offset: usize::MAX, slots: 5 });
}

#[test]
fn empty_blocks_and_single_values_agree() {
    let mut model = normal();
    for axes in
        [vec![], vec![axis(1, 9, 9)], vec![axis(0, 1, 1)], vec![axis(3, 0, 1), axis(0, 1, 1)]]
    {
        check_f32(&mut model, &Case { axes, start: 4_095, offset: 1, slots: 5 });
    }
    let axes = [axis(2, 1, 1); 10];
    assert!(Runs::new(&axes, 0, 0).is_none());
}

/// A slice longer than 2³⁰ is cut into parts. In unit tests the parts are small.
#[test]
fn the_parts_of_a_large_slice_agree() {
    let mut model = normal();
    for (m, n) in [(300, 500), (20, 9_000), (7_000, 13)] {
        let (m_len, n_len) = (m as isize, n as isize);
        let orders = [
            (vec![axis(m, n as i64 + 5, n_len), axis(n, 1, 1)], 0),
            (vec![axis(m, n as i64 + 5, 1), axis(n, 1, m_len)], 0),
            (vec![axis(m, n as i64 + 5, -n_len), axis(n, 1, 1)], (m - 1) * n),
            (vec![axis(m, n as i64 + 5, n_len), axis(n, 1, -1)], n - 1),
        ];
        for (axes, offset) in orders {
            check_f32(&mut model, &Case { axes, start: 50, offset, slots: m * n + 1 });
        }
    }
}

/// Takes every job with every format. Values saturate in the fixed-point ones.
#[test]
fn every_job_and_format_agrees() {
    let jobs = [
        Job::Constant(3.0),
        Job::Uniform { low: -5.0, high: 5.0 },
        Job::Uniform { low: 0.0, high: 5.0 },
        Job::Normal { mean: 0.0, std: 1.5 },
        Job::Normal { mean: 1.0, std: 1.5 },
        Job::Truncated { mean: 0.0, sigma: 1.5 },
        Job::Truncated { mean: 1.0, sigma: 1.5 },
        Job::Bounded { mean: 0.0, std: 1.5, sigmas: 1.0 },
        Job::Bounded { mean: 1.0, std: 1.5, sigmas: 3.0 },
        Job::Overhang { std: 1.5 },
    ];
    for job in jobs {
        let mut model = Model::new(job);
        let strided = vec![axis(90, 150, 1), axis(100, 1, 91)];
        for case in [
            rows(300, 64, 4, 8),
            rows(100, 200, 1, 150),
            rows(5, 9_000, 4_000, 1_376),
            rows(2, 9_000, 4_000, 8_500),
            rows(40, 64, 4, 8),
            Case { axes: strided, slots: 9_050, ..rows(1, 1, 4_000, 1) },
            Case { slots: 4_000, ..rows(100, 200, 1, 150) },
        ] {
            check_f32(&mut model, &case);
            if matches!(job, Job::Overhang { .. }) {
                // The backends write the words first, which count if they saturate.
                continue;
            }
            check(&mut model, Fixed::<i8>::up_to(f32::MAX, 6).unwrap(), 0.0, &case);
            check(&mut model, Fixed::<i16>::up_to(f32::MAX, 14).unwrap(), 0.0, &case);
            check(&mut model, Fixed::<i32>::up_to(f32::MAX, 30).unwrap(), 0.0, &case);
            #[cfg(feature = "half")]
            {
                use crate::slot::Float;
                check(&mut model, Float::<half::f16>::new(), 99.0, &case);
                check(&mut model, Float::<half::bf16>::new(), 99.0, &case);
            }
        }
    }
}

/// A block that has every slot once is the only one that initialises a slice.
#[test]
fn only_a_complete_block_initialises() {
    let mut model = Model::new(Job::Normal { mean: 0.0, std: 1.5 });
    let rounding = Fixed::<i16>::up_to(f32::MAX, 14).unwrap();
    let mut check = |axes: Vec<Axis>, offset: usize, slots: usize, complete: bool| {
        let case = Case { axes, start: 4_000, offset, slots };
        for backend in Backend::available() {
            let fill = Fill { executor: backend.into(), job: model.job, stream: STREAM, start: 0 };
            let mut out = vec![99_i16; slots];
            // SAFETY: a fill leaves every slot initialised.
            let given = fill.write_uninit_runs(rounding, case.runs(), unsafe { uninit(&mut out) });
            assert_eq!(given.is_some(), complete, "{case:?}");
            let Some((given, saturated)) = given else {
                assert!(out.iter().all(|slot| *slot == 99), "{case:?}");
                continue;
            };
            let mut expected: Vec<(usize, (i16, bool))> = (case.elements().into_iter())
                .map(|(index, offset)| (offset, rounding.round(model.value(index))))
                .collect();
            expected.sort_unstable();
            assert!(expected.iter().map(|(offset, _)| *offset).eq(0..slots), "{case:?}");
            assert!(given.iter().eq(expected.iter().map(|(_, (slot, _))| slot)), "{case:?}");
            let count = expected.iter().filter(|(_, (_, saturates))| *saturates).count();
            assert_eq!(saturated, count, "{case:?}");
        }
    };
    let three = |a, b, c| vec![axis(5, 900, a), axis(7, 90, b), axis(9, 1, c)];
    check(three(63, 9, 1), 0, 315, true);
    check(three(1, 5, 35), 0, 315, true);
    check(three(9, 45, 1), 0, 315, true);
    check(vec![axis(300, 1, 1), axis(1, 5, 5)], 0, 300, true);
    check(vec![axis(60, 5, 1)], 0, 60, true);
    check(vec![axis(4, 0, 50), axis(50, 1, 1)], 0, 200, true);
    check(vec![axis(1, 1, 5)], 0, 1, true);
    check(vec![], 0, 1, true);
    check(vec![axis(0, 1, 1), axis(4, 1, 1)], 0, 0, true);

    check(three(63, 9, 1), 0, 314, false);
    check(three(63, 9, 1), 0, 316, false);
    check(three(63, 9, 1), 1, 315, false);
    check(three(64, 9, 1), 0, 315, false);
    check(three(63, 8, 1), 0, 315, false);
    check(three(63, 9, 1), 0, 0, false);
    check(three(63, 9, -1), 8, 315, false);
    check(three(9, 9, 1), 0, 45, false);
    check(vec![axis(9, 1, 1), axis(2, 10, 1)], 0, 9, false);
    check(vec![axis(9, 1, 1), axis(2, 10, 0)], 0, 9, false);
    check(vec![axis(9, 1, 0)], 0, 1, false);
    check(vec![axis(0, 1, 1)], 0, 1, false);

    let mut runs = Case { axes: three(63, 9, 1), start: 0, offset: 0, slots: 0 }.runs();
    while runs.next().is_some() {
        let fill =
            Fill { executor: Backend::PORTABLE.into(), job: model.job, stream: STREAM, start: 0 };
        let mut out = [0; 315];
        // SAFETY: a fill leaves every slot initialised.
        assert!(fill.write_uninit_runs(rounding, runs, unsafe { uninit(&mut out) }).is_none());
    }
}
