//! The portable backend: the specification, step by step. All others are compared with it.

use crate::sampler::{LANES, lanes::Lanes, overhang::overhang, uniform::Uniform, ziggurat::fast};

/// Uniform values of one block from `position` on.
pub(super) fn fill_uniform(block_key: u64, position: usize, uniform: Uniform, out: &mut [f32]) {
    map_words(block_key, position, out, |word| uniform.value(word));
}

/// Normal values of one block from `position` on.
///
/// First the fast path for all, without a branch, which leaves NaN where a position left it; then
/// the NaN are mended. Collecting their places first, 256 values at a time, was tried: 3 to 14 %
/// slower on x86-64.
pub(super) fn fill_normal(block_key: u64, position: usize, mean: f32, std: f32, out: &mut [f32]) {
    if mean == 0.0 {
        map_words(block_key, position, out, |word| fast(word, std));
        mend(block_key, position, out, |z| z * std);
    } else {
        map_words(block_key, position, out, |word| fast(word, std) + mean);
        mend(block_key, position, out, |z| z * std + mean);
    }
}

/// Writes the value of each position's word.
fn map_words(block_key: u64, position: usize, out: &mut [f32], value: impl Fn(u32) -> f32) {
    let mut lanes = Lanes::new(block_key);
    for _ in 0..position / LANES {
        lanes.step();
    }
    // A range may begin within a step.
    let skipped = position % LANES;
    let (head, body) = out.split_at_mut(out.len().min((LANES - skipped) % LANES));
    if !head.is_empty() {
        write(head, lanes.step().into_iter().skip(skipped), &value);
    }
    let (steps, rest) = body.as_chunks_mut::<LANES>();
    for step in steps {
        write(step, lanes.step(), &value);
    }
    if !rest.is_empty() {
        write(rest, lanes.step(), &value);
    }
}

#[inline]
fn write(out: &mut [f32], words: impl IntoIterator<Item = u32>, value: impl Fn(u32) -> f32) {
    for (slot, word) in out.iter_mut().zip(words) {
        *slot = value(word);
    }
}

/// Replaces the NaN in a block from `position` on.
fn mend(block_key: u64, position: usize, out: &mut [f32], value: impl Fn(f32) -> f32) {
    for (i, slot) in out.iter_mut().enumerate() {
        if slot.is_nan() {
            *slot = value(overhang(block_key, position + i));
        }
    }
}
