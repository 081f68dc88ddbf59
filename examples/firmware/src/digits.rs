//! 1,797 handwritten digits in flash. `data/README.md` describes the file and names its origin.

/// Number of pixels in an image of 8 × 8.
pub const PIXELS: usize = 64;
/// Number of digits, 0 to 9.
pub const CLASSES: usize = 10;

/// Bytes of a packed digit: its label, then 8 rows of 5 bytes. A row holds 8 pixels of 5 bits.
const PACKED: usize = 1 + 8 * 5;
const COUNT: usize = 1797;
/// Number of digits in the training set. The last fifth is held out.
const TRAINING: usize = COUNT * 4 / 5;

static DIGITS: &[u8; COUNT * PACKED] = include_bytes!("../data/digits.bin");

/// An image and its label.
pub struct Digit {
    /// Pixels from 0 (background) to 1 (full ink).
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

/// Iterates over the training set in the order of training.
pub fn training() -> impl ExactSizeIterator<Item = Digit> {
    DIGITS.as_chunks().0.iter().take(TRAINING).map(Digit::unpack)
}

/// Iterates over the held-out digits.
pub fn held_out() -> impl ExactSizeIterator<Item = Digit> {
    DIGITS.as_chunks().0.iter().skip(TRAINING).map(Digit::unpack)
}
