//! How many positions, tries and blocks are handled together.

use crate::sampler::{BLOCK, LANES};

/// Positions in a group.
pub(crate) const GROUP: usize = 64;

/// Steps of the lanes in a group.
pub(crate) const STEPS: usize = GROUP / LANES;

/// Tries that fill the lanes of one vector.
pub(crate) const TRIES: usize = 16;

/// The first tries begin once this many rejected positions are listed. With fewer, the change between
/// fast path and tries costs more. With many more, a fill that memory slows down no longer hides
/// the tries (128: 0.19 instead of 0.15 ns per value of 2²⁴ on a Zen 5).
pub(crate) const ENOUGH_REJECTED: usize = 64;

/// Room for the list of rejected positions. Before a group, at most `ENOUGH_REJECTED - 1` positions are
/// listed. Two groups can then add all of theirs. The length is a multiple of a batch, so reading one
/// never passes the end.
pub(crate) const REJECTED_ROOM: usize = ENOUGH_REJECTED + 2 * GROUP;

const _: () = assert!(REJECTED_ROOM.is_multiple_of(2 * TRIES));

/// The queue length at which waiting tries are processed.
pub(crate) const ENOUGH_WAITING: usize = 32;

/// Room for the waiting tries of one kind. At most `ENOUGH_WAITING - 1` of each kind wait before a batch
/// adds `2 * TRIES`. Since the longer queue is served first, neither gets longer than 63. A store
/// of a whole vector reaches `TRIES` further.
pub(crate) const QUEUE_ROOM: usize = 80;

const _: () = assert!(QUEUE_ROOM >= ENOUGH_WAITING - 1 + 2 * TRIES + TRIES);

/// Blocks in a window. A rejected position is listed by its distance from the window's first
/// position, in 16 bits.
pub(crate) const WINDOW: usize = (1 << 16) / BLOCK;

/// A slice is cut into parts of this length, so that every offset within a part fits in 32 bits. Tests
/// cut into small parts.
pub(crate) const PART: usize = if cfg!(test) { 5 * BLOCK + 100 } else { 1 << 30 };
