//! The order of a tensor's axes in memory.

/// The order of a tensor's axes in memory. The last axis is contiguous.
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

/// The axes of a [`Shape`](super::shape::Shape) in memory. The major axis counts the output channels, or
/// the input channels of a transposed convolution. The minor axis counts the other channels, of one
/// group.
#[derive(Clone, Copy)]
pub(crate) struct Axes {
    pub(crate) major: usize,
    pub(crate) minor: usize,
    /// The number of elements of the kernel.
    pub(crate) kernel: usize,
    pub(super) layout: Layout,
    pub(super) transposed: bool,
}

impl Axes {
    /// Returns the flat index of a weight. `element` is the flat index within the kernel.
    pub(crate) fn index(&self, major: usize, minor: usize, element: usize) -> usize {
        match self.layout {
            Layout::OutIn => (major * self.minor + minor) * self.kernel + element,
            Layout::InOut => (element * self.minor + minor) * self.major + major,
            Layout::OutKernelIn => (major * self.kernel + element) * self.minor + minor,
        }
    }

    /// Returns the rows and columns of the matrix of channels, in the order in which they lie in memory.
    pub(crate) fn channels(&self) -> (usize, usize) {
        let Self { major, minor, layout, .. } = *self;
        if layout == Layout::InOut { (minor, major) } else { (major, minor) }
    }

    /// Returns the flat index of a row and a column of [`channels`](Self::channels), at one element of the
    /// kernel.
    pub(crate) fn index_of_channels(&self, row: usize, col: usize, element: usize) -> usize {
        let (major, minor) = if self.layout == Layout::InOut { (col, row) } else { (row, col) };
        self.index(major, minor, element)
    }

    /// Returns the numbers of outputs and inputs of a dense layer.
    pub(crate) fn outputs_and_inputs(&self) -> (usize, usize) {
        if self.transposed { (self.minor, self.major) } else { (self.major, self.minor) }
    }

    /// Returns the steps of a dense layer's flat index from one output to the next, and from one input to
    /// the next: index = output × step + input × step.
    pub(crate) fn dense_steps(&self) -> [usize; 2] {
        let (major_step, minor_step) =
            if self.major_is_last() { (1, self.major) } else { (self.minor, 1) };
        if self.transposed { [minor_step, major_step] } else { [major_step, minor_step] }
    }

    /// Returns the rows and columns of the matrix that holds the weights of one of `groups` groups: the
    /// tensor's first axis, or for [`Layout::InOut`] its last axis, against all others.
    pub(crate) fn matrix(&self, groups: usize) -> (usize, usize) {
        let major_per_group = self.major.checked_div(groups).unwrap_or(0);
        let rest = self.minor * self.kernel;
        if self.major_is_last() { (rest, major_per_group) } else { (major_per_group, rest) }
    }

    /// Returns whether the major axis, which is divided into groups, is the last one in memory. Otherwise
    /// it is the first.
    pub(crate) fn major_is_last(&self) -> bool {
        self.layout == Layout::InOut
    }

    /// Returns the element count of all axes after the kernel.
    pub(crate) fn after_kernel(&self) -> usize {
        match self.layout {
            Layout::OutIn => 1,
            Layout::InOut => self.minor * self.major,
            Layout::OutKernelIn => self.minor,
        }
    }

    /// Returns the element counts before, at and after the output axis of a layer that is not transposed.
    pub(crate) fn outputs(&self) -> [usize; 3] {
        let Self { major, minor, kernel, .. } = *self;
        if self.major_is_last() { [minor * kernel, major, 1] } else { [1, major, minor * kernel] }
    }
}
