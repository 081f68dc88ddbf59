//! The order of a tensor's axes in memory.

/// In which order the axes of a tensor lie in memory, the last one running fastest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Layout {
    /// `[out, in, kernel…]`, as in PyTorch (OIHW). The default.
    #[default]
    OutIn,
    /// `[kernel…, in, out]`, as in Keras and JAX (HWIO).
    InOut,
    /// `[out, kernel…, in]`, as in TensorFlow Lite and MLX (OHWI).
    OutKernelIn,
}

/// The channels of a [`Shape`](super::shape::Shape) as they lie in memory. The major axis counts the outputs, or the inputs
/// of a transposed convolution; the minor one the others, of one group.
#[derive(Clone, Copy)]
pub(crate) struct Axes {
    pub(crate) major: usize,
    pub(crate) minor: usize,
    /// Elements of the kernel.
    pub(crate) kernel: usize,
    pub(super) layout: Layout,
    pub(super) transposed: bool,
}

impl Axes {
    /// The flat index of a weight.
    pub(crate) fn index(&self, major: usize, minor: usize, place: usize) -> usize {
        match self.layout {
            Layout::OutIn => (major * self.minor + minor) * self.kernel + place,
            Layout::InOut => (place * self.minor + minor) * self.major + major,
            Layout::OutKernelIn => (major * self.kernel + place) * self.minor + minor,
        }
    }

    /// The channels alone, as they lie in memory: rows and columns.
    pub(crate) fn channels(&self) -> (usize, usize) {
        let Self { major, minor, layout, .. } = *self;
        if layout == Layout::InOut { (minor, major) } else { (major, minor) }
    }

    /// The flat index of a row and a column of [`channels`](Self::channels), at one place of the kernel.
    pub(crate) fn of_channels(&self, row: usize, col: usize, place: usize) -> usize {
        let (major, minor) = if self.layout == Layout::InOut { (col, row) } else { (row, col) };
        self.index(major, minor, place)
    }

    /// Of a dense layer.
    pub(crate) fn outputs_and_inputs(&self) -> (usize, usize) {
        if self.transposed { (self.minor, self.major) } else { (self.major, self.minor) }
    }

    /// The flat index of a dense layer's weight.
    pub(crate) fn of_dense(&self, output: usize, input: usize) -> usize {
        if self.transposed { self.index(input, output, 0) } else { self.index(output, input, 0) }
    }

    /// What the tensor is as a matrix: its first axis, or for [`Layout::InOut`] its last one, against
    /// all others. Rows and columns.
    pub(crate) fn matrix(&self) -> (usize, usize) {
        let rest = self.minor * self.kernel;
        if self.layout == Layout::InOut { (rest, self.major) } else { (self.major, rest) }
    }

    /// The axis of the outputs: how many values there are of all axes before it, of itself, and of all
    /// axes after it.
    pub(crate) fn outputs(&self) -> [usize; 3] {
        let Self { major, minor, kernel, layout, transposed } = *self;
        match (layout, transposed) {
            (Layout::OutIn | Layout::OutKernelIn, false) => [1, major, minor * kernel],
            (Layout::InOut, false) => [minor * kernel, major, 1],
            (Layout::OutIn, true) => [major, minor, kernel],
            (Layout::InOut, true) => [kernel, minor, major],
            (Layout::OutKernelIn, true) => [major * kernel, minor, 1],
        }
    }
}
