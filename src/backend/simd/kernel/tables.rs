//! The tables, in the shapes in which the backends look them up.

use crate::{
    sampler::{
        lanes::SEED_OUTPUTS,
        overhang::{Region, rest_of},
        tables::Tables,
        ziggurat::Density,
    },
    stream::GOLDEN,
};

/// For each lane, the numbers that are added to the block's key before it is hashed: the first and the
/// second output of SplitMix64 that seed the lane.
pub(crate) const SEEDS: [[u64; 16]; 2] = {
    let mut seeds = [[0; 16]; 2];
    let mut output = 0;
    while output < SEED_OUTPUTS {
        seeds[output as usize % 2][output as usize / 2] = GOLDEN.wrapping_mul(output + 1);
        output += 1;
    }
    seeds
};

/// The regions of the overhang, field by field: a point (a, b) in half cells becomes
/// x = inner + a × width, y = below + b × height. Entry 0 is unused, because region 0 is the tail
/// or the rest.
pub(crate) struct Regions {
    pub(crate) inner: [f32; 128],
    pub(crate) width: [f32; 128],
    pub(crate) below: [f32; 128],
    pub(crate) height: [f32; 128],
}

impl Regions {
    const fn new(tables: &Tables) -> Self {
        let zero = [0.0; 128];
        let mut regions = Self { inner: zero, width: zero, below: zero, height: zero };
        let mut i = 1;
        while i < 127 {
            let Region { inner, width, below, height, .. } = Region::new(tables, i);
            (regions.inner[i], regions.width[i]) = (inner, width);
            (regions.below[i], regions.height[i]) = (below, height);
            i += 1;
        }
        regions
    }
}

/// A density whose overhang is looked up by vectors.
#[allow(dead_code, reason = "each backend looks up one of the two shapes")]
pub(crate) trait Overhang: Density {
    /// The regions field by field, for a backend that looks up many entries at once.
    const REGIONS: &'static Regions = &Regions::new(Self::TABLES);

    /// The regions one by one, for a backend that looks up single entries: inner, width, below, height.
    const ROWS: &'static [[f32; 4]; 128] = &{
        let (mut rows, mut i) = ([[0.0; 4]; 128], 0);
        while i < rows.len() {
            let Regions { inner, width, below, height } = Self::REGIONS;
            rows[i] = [inner[i], width[i], below[i], height[i]];
            i += 1;
        }
        rows
    };

    /// The columns of the alias table, each in one word, for a backend that looks up single entries:
    /// the share in the upper half, the other region in the lower.
    const COLUMNS: &'static [u32; 128] = &{
        let (mut columns, mut i) = ([0; 128], 0);
        while i < columns.len() {
            columns[i] = (Self::TABLES.share[i] as u32) << 16 | Self::TABLES.alias[i] as u32;
            i += 1;
        }
        columns
    };

    /// Where the rest begins, and its width in half cells.
    const REST: (f32, f32) = rest_of(Self::TABLES, Self::NARROW);
}

impl<D: Density> Overhang for D {}
