//! The sizes of a network and of a batch, and the names of layers.
//!
//! A batch of images travels together. A [`Row`] holds the values of one unit for all of them, so that the
//! compiler vectorises over the images, where no order of summation can change.

use weight_init::Shape;

use crate::activation::Activation;

pub const PIXELS: usize = 28 * 28;
pub const CLASSES: usize = 10;

/// The number of images that travel together.
pub const BATCH: usize = 16;
/// The values of one unit for each image of a batch.
pub type Row = [f32; BATCH];

pub const DEEPEST: usize = 50;
pub const WIDEST: usize = 256;

/// A network of `depth` hidden layers with `width` units each, between the pixels and the classes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Architecture {
    depth: usize,
    width: usize,
    activation: Activation,
}

impl Architecture {
    /// Returns `None` if the network is empty or too large for the page.
    #[must_use]
    pub fn new(depth: usize, width: usize, activation: Activation) -> Option<Self> {
        let fits = (1..=DEEPEST).contains(&depth) && (1..=WIDEST).contains(&width);
        fits.then_some(Self { depth, width, activation })
    }

    /// Returns the number of hidden layers. The layer with this index is the one of the logits.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// Returns the number of units in each hidden layer.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    #[must_use]
    pub const fn activation(&self) -> Activation {
        self.activation
    }

    /// Returns the shape of a layer's weights.
    #[must_use]
    pub const fn shape(&self, layer: usize) -> Shape {
        let inputs = if layer == 0 { PIXELS } else { self.width };
        let outputs = if layer == self.depth { CLASSES } else { self.width };
        Shape::dense(inputs, outputs)
    }

    /// Returns the number of weights and biases.
    #[must_use]
    pub fn parameters(&self) -> usize {
        let outputs = self.depth * self.width + CLASSES;
        outputs + (0..=self.depth).map(|layer| self.shape(layer).len()).sum::<usize>()
    }

    /// Returns the number of [`Row`]s that a batch occupies on its way.
    #[must_use]
    pub const fn rows(&self) -> usize {
        PIXELS + 3 * self.depth * self.width + 2 * CLASSES
    }
}

/// The name of a layer's weights in the stream: `fc1.weight` and so on, and `out.weight` for the logits. A layer
/// therefore keeps its weights when the depth changes.
pub struct Name([u8; 11], usize);

impl Name {
    #[must_use]
    pub const fn new(layer: usize, depth: usize) -> Self {
        let (ones, tens) = (b'0' + ((layer + 1) % 10) as u8, b'0' + ((layer + 1) / 10) as u8);
        if layer == depth {
            Self(*b"out.weight\0", 10)
        } else if layer < 9 {
            let mut name = *b"fc?.weight\0";
            name[2] = ones;
            Self(name, 10)
        } else {
            let mut name = *b"fc??.weight";
            (name[2], name[3]) = (tens, ones);
            Self(name, 11)
        }
    }

    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.get(..self.1).unwrap_or_default()
    }
}
