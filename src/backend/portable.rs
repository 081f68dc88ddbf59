//! The portable backend: the specification, step by step. All others are compared with it.

use crate::sampler::{LANES, lanes::Lanes, overhang::overhang, uniform::Uniform, ziggurat::fast};

/// Uniform values of one block from `position` on.
pub(super) fn fill_uniform(block_key: u64, position: usize, uniform: Uniform, out: &mut [f32]) {
    map_words(block_key, position, out, |word| uniform.value(word));
}

/// Normal values of one block from `position` on.
///
/// First the fast path for all, without a branch, which leaves NaN where a position left it; then
/// the NaN are mended.
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
        // By index and not through `write`: the compiler makes 1.3 times as fast a loop of it.
        let words = lanes.step();
        for lane in 0..LANES {
            step[lane] = value(words[lane]);
        }
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

/// Replaces the NaN in a block from `position` on. Of eight values, none is NaN in 88 % of the
/// cases, which one branch tells. Tried on x86-64: groups of 16 and 32 (5 and 28 % slower), a branch per
/// value and collecting the places without a branch (each 45 % slower, all counted on the whole fill).
fn mend(block_key: u64, position: usize, out: &mut [f32], value: impl Fn(f32) -> f32) {
    const GROUP: usize = 8;
    let mend = |first: usize, group: &mut [f32]| {
        for (i, slot) in group.iter_mut().enumerate() {
            if slot.is_nan() {
                *slot = value(overhang(block_key, first + i));
            }
        }
    };
    let (groups, rest) = out.as_chunks_mut::<GROUP>();
    let mut first = position;
    for group in groups {
        if group.iter().fold(false, |any, v| any | v.is_nan()) {
            mend(first, group);
        }
        first += GROUP;
    }
    mend(first, rest);
}
