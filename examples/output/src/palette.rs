//! Colours of a picture as the palette of a PNG, which makes the file half as large.

use std::{cmp::Reverse, collections::HashMap, iter};

type Rgb = [u8; 3];

/// Returns up to 256 colours, and for each pixel the index of its colour.
///
/// Edges of lines and letters have thousands of colours. The 256 most frequent ones are kept, and each
/// other pixel takes the most similar of them.
pub fn palette(pixels: &[Rgb]) -> (Vec<Rgb>, Vec<u8>) {
    // Runs of equal pixels, because a picture has far fewer of them than pixels.
    let runs = || pixels.chunk_by(|a, b| a == b);
    let mut counts = HashMap::new();
    for run in runs() {
        *counts.entry(run[0]).or_insert(0) += run.len();
    }
    let mut colors: Vec<_> = counts.keys().copied().collect();
    // The second key makes the order, and so the file, the same in each run.
    colors.sort_unstable_by_key(|color| (Reverse(counts[color]), *color));
    let kept = &colors[..colors.len().min(256)];
    let index = |color: &Rgb| {
        let nearest = (0..=u8::MAX).zip(kept).min_by_key(|(_, kept)| distance(kept, color));
        nearest.map_or(0, |(index, _)| index)
    };
    let indices: HashMap<_, _> = colors.iter().map(|color| (*color, index(color))).collect();
    let indices = runs().flat_map(|run| iter::repeat_n(indices[&run[0]], run.len()));
    (kept.to_vec(), indices.collect())
}

fn distance(a: &Rgb, b: &Rgb) -> u32 {
    a.iter().zip(b).map(|(&a, &b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_colours_are_kept_and_rare_ones_take_the_most_similar() {
        let (colors, indices) = palette(&[[9, 9, 9], [200, 0, 0], [9, 9, 9], [0, 0, 7]]);
        assert_eq!(colors, [[9, 9, 9], [0, 0, 7], [200, 0, 0]]);
        assert_eq!(indices, [0, 2, 0, 1]);

        // Each grey twice, and two reds once.
        let greys = (0..=255).flat_map(|grey| [[grey; 3]; 2]);
        let (colors, indices) =
            palette(&greys.chain([[255, 0, 0], [90, 80, 80]]).collect::<Vec<_>>());
        assert_eq!(colors, (0..=255).map(|grey| [grey; 3]).collect::<Vec<_>>());
        assert_eq!(indices[..4], [0, 0, 1, 1]);
        assert_eq!(indices[512..], [85, 83]);
    }
}
