//! How a sampled value becomes the content of a slot.

use core::mem::MaybeUninit;

/// A rounding to the format of a slot. Always inlined, so that it is compiled with the instructions of
/// the backend.
pub(crate) trait Rounding: Copy + Send + Sync {
    /// The content of a slot.
    type Slot: Copy + PartialEq + Send;

    /// Whether a slot has 8 or 16 bits. The SIMD backends round to these formats in registers.
    const NARROW: bool = size_of::<Self::Slot>() <= 2;

    /// Returns the nearest value of the format, and whether it saturated.
    fn round(self, value: f32) -> (Self::Slot, bool);

    /// Whether values may be 2³¹ steps or more of an integer format, which the SIMD backends don't round. Nearly all
    /// values saturate then.
    #[inline(always)]
    fn is_far(self) -> bool {
        false
    }

    /// Describes the format to the SIMD backends, which round sixteen values to a narrow one at a time.
    #[allow(dead_code, reason = "targets without a SIMD backend don't use it")]
    fn format(self) -> Format;

    /// Returns the slots themselves if the format is `f32`, so that nothing is rounded.
    #[inline(always)]
    fn as_f32(_: &mut [MaybeUninit<Self::Slot>]) -> Option<&mut [MaybeUninit<f32>]> {
        None
    }

    /// Returns initialised slots themselves if the format is `f32`.
    fn values(_: &mut [Self::Slot]) -> Option<&mut [f32]> {
        None
    }

    /// Returns whether two slots hold the same bits.
    fn same(a: Self::Slot, b: Self::Slot) -> bool {
        a == b
    }
}

/// The format of a slot, for the SIMD backends.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "which variants are used depends on the target and the features")]
pub enum Format {
    /// A format that is not narrow.
    Wide,
    Bf16,
    F16,
    Fixed {
        /// The steps in 1.0.
        multiplier: f32,
        /// The integer that 0 becomes.
        zero_point: i32,
        /// The bounds within which a number of steps does not saturate.
        low: f32,
        high: f32,
        /// Whether any value can saturate. If none can, the bounds are not checked.
        saturates: bool,
        /// Whether the smallest integer is 0.
        unsigned: bool,
    },
}

/// Rounds values to their slots. Returns the number of those that saturated.
#[inline(always)]
pub(crate) fn round<R: Rounding>(
    rounding: R,
    values: &[f32],
    slots: &mut [MaybeUninit<R::Slot>],
) -> usize {
    // The counter is as wide as a value, because a wider one halves the speed of the loop. No slice of
    // values is long enough to overflow it.
    let mut saturated = 0_u32;
    for (slot, &value) in slots.iter_mut().zip(values) {
        let (rounded, saturates) = rounding.round(value);
        slot.write(rounded);
        saturated = saturated.wrapping_add(u32::from(saturates));
    }
    saturated as usize
}

/// The slots that a fill writes, with their rounding.
pub(crate) struct Sink<'a, R: Rounding> {
    pub(crate) rounding: R,
    pub(crate) slots: &'a mut [MaybeUninit<R::Slot>],
    /// The number of values that saturated so far.
    pub(crate) saturated: usize,
}

impl<'a, R: Rounding> Sink<'a, R> {
    #[inline(always)]
    pub(crate) const fn new(rounding: R, slots: &'a mut [MaybeUninit<R::Slot>]) -> Self {
        Self { rounding, slots, saturated: 0 }
    }

    /// Writes one value to every slot.
    #[inline(always)]
    pub(crate) fn fill(&mut self, value: f32) {
        let (slot, saturates) = self.rounding.round(value);
        self.slots.fill(MaybeUninit::new(slot));
        self.saturated += if saturates { self.slots.len() } else { 0 };
    }
}
