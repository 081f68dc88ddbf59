//! 1,797 handwritten digits, in flash: see `data/README.md`.

/// Pixels of an image, 8 × 8.
pub const PIXELS: usize = 64;
/// Digits, 0 to 9.
pub const CLASSES: usize = 10;

/// A digit: its label, and 8 rows of 5 bytes, each of which holds 8 pixels of 5 bits.
const PACKED: usize = 1 + 8 * 5;
const COUNT: usize = 1797;
/// A fifth is held out.
const TRAINING: usize = COUNT * 4 / 5;

static DIGITS: &[u8; COUNT * PACKED] = include_bytes!("../data/digits.bin");

/// An image and what it shows.
pub struct Digit {
    /// 0 is background, 1 is full ink.
    pub image: [f32; PIXELS],
    pub label: usize,
}

impl Digit {
    fn unpack([label, rows @ ..]: &[u8; PACKED]) -> Self {
        let mut image = [0.0; PIXELS];
        let (rows, _) = rows.as_chunks::<5>();
        for (pixels, &[a, b, c, d, e]) in image.chunks_mut(8).zip(rows) {
            let mut row = u64::from_le_bytes([a, b, c, d, e, 0, 0, 0]);
            for pixel in pixels {
                *pixel = (row & 31) as f32 / 16.0;
                row >>= 5;
            }
        }
        Self { image, label: usize::from(*label) }
    }
}

/// The images to learn from, in the order in which they are learnt.
pub fn training() -> impl ExactSizeIterator<Item = Digit> {
    DIGITS.as_chunks().0.iter().take(TRAINING).map(Digit::unpack)
}

/// Those that are held out.
pub fn held_out() -> impl ExactSizeIterator<Item = Digit> {
    DIGITS.as_chunks().0.iter().skip(TRAINING).map(Digit::unpack)
}
