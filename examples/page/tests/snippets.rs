//! The lines in the page's code box fill what the page shows. The tests of the page compare these files with the box.

use page::starts::Start;
use weight_init::{Shape, Stream};

/// Returns the bits of a layer that the page starts by a scheme of this index.
fn shown(
    index: usize,
    gain: f32,
    seed: u64,
    name: &str,
    inputs: usize,
    outputs: usize,
) -> Vec<u32> {
    let shape = Shape::dense(inputs, outputs);
    let mut weights = vec![f32::NAN; shape.len()];
    let stream = Stream::new(seed).named(name);
    Start::new(index, gain).unwrap().fill(stream, &shape, &mut weights).unwrap();
    bits(&weights)
}

fn bits(weights: &[f32]) -> Vec<u32> {
    weights.iter().map(|weight| weight.to_bits()).collect()
}

macro_rules! snippet {
    ($name:ident, $file:literal, $shown:expr) => {
        #[test]
        fn $name() {
            mod lines {
                include!($file);

                pub fn filled() -> Vec<f32> {
                    let mut weights = [f32::NAN; _];
                    start(&mut weights).unwrap();
                    weights.to_vec()
                }
            }
            assert_eq!(bits(&lines::filled()), $shown);
        }
    };
}

snippet!(he, "snippets/he.rs", shown(0, 1.25, 42, "fc3.weight", 64, 64));
snippet!(last, "snippets/last.rs", shown(9, 2.0, u64::MAX, "out.weight", 8, 10));
snippet!(plain, "snippets/plain.rs", shown(4, 1.0, 0, "fc1.weight", 784, 48));
