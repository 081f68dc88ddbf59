//! The weights of LSTM and GRU layers, whose tensors hold one matrix for each gate.

use crate::{
    error::InitError,
    scheme::{Init, Layout, Shape, transpose},
    stream::Stream,
};

/// A recurrent layer. Its tensors hold the gates one after the other on the output axis.
///
/// Each gate is filled as a matrix of its own. Therefore each orthogonal gate is orthogonal, and the
/// fan_out of Xavier is the number of hidden units. (Keras makes the whole tensor orthogonal, and takes
/// the fan_out of the whole tensor.) Gate *g* has the stream `stream.substream(g)`.
///
/// | | gates | in the order of |
/// | --- | --- | --- |
/// | [`lstm`](Self::lstm) | input, forget, cell, output | PyTorch (i, f, g, o) and Keras (i, f, c, o) |
/// | [`gru`](Self::gru) | reset, update, new | PyTorch |
/// | [`gru`](Self::gru) | update, reset, new | Keras |
///
/// ```
/// use weight_init::{Init, Recurrent, Stream};
///
/// const LSTM: Recurrent = Recurrent::lstm(16, 32);
/// let model = Stream::new(42);
/// let mut weights = [0.0; LSTM.input_shape().len()]; // 4 × 32 rows of 16
/// LSTM.fill_input(Init::xavier_uniform(), model.named("lstm.weight_ih"), &mut weights)?;
/// let mut recurrent = [0.0; LSTM.recurrent_shape().len()]; // 4 × 32 rows of 32
/// LSTM.fill_recurrent(Init::orthogonal(), model.named("lstm.weight_hh"), &mut recurrent)?;
/// let mut bias = [0.0; LSTM.bias_len()];
/// LSTM.fill_bias(&mut bias)?;
/// assert_eq!(bias[32..64], [1.0; 32]); // the forget gate
/// # Ok::<(), weight_init::InitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Recurrent {
    inputs: usize,
    hidden: usize,
    gates: usize,
    /// The number of the forget gate, whose biases are 1.
    forget: Option<usize>,
    layout: Layout,
}

impl Recurrent {
    /// Returns a long short-term memory. The biases of its forget gate are 1, so that the gate begins
    /// open and gradients reach far back from the start (Gers, Schmidhuber & Cummins, "Learning to
    /// forget", 2000; Jozefowicz, Zaremba & Sutskever, 2015). In PyTorch these biases are random.
    #[must_use]
    pub const fn lstm(inputs: usize, hidden: usize) -> Self {
        Self { inputs, hidden, gates: 4, forget: Some(1), layout: Layout::OutIn }
    }

    /// Returns a gated recurrent unit. Its biases are zeros.
    #[must_use]
    pub const fn gru(inputs: usize, hidden: usize) -> Self {
        Self { inputs, hidden, gates: 3, forget: None, layout: Layout::OutIn }
    }

    /// Returns the layer in another layout. The default, [`Layout::OutIn`], is `[gates × hidden, in]`,
    /// as in PyTorch. [`Layout::InOut`] is `[in, gates × hidden]`, as in Keras.
    #[must_use]
    pub const fn layout(self, layout: Layout) -> Self {
        Self { layout, ..self }
    }

    /// Returns the shape of the input weights, which multiply the inputs.
    #[must_use]
    pub const fn input_shape(&self) -> Shape {
        self.shape(self.inputs)
    }

    /// Returns the shape of the recurrent weights, which multiply the hidden state.
    #[must_use]
    pub const fn recurrent_shape(&self) -> Shape {
        self.shape(self.hidden)
    }

    /// Returns the shape of the weights for `inputs` inputs, with all gates.
    const fn shape(&self, inputs: usize) -> Shape {
        Shape::dense(inputs, self.bias_len()).layout(self.layout)
    }

    /// Returns the number of biases, one for each hidden unit and gate, or `usize::MAX` if it does not
    /// fit in a `usize`.
    #[must_use]
    pub const fn bias_len(&self) -> usize {
        self.gates.saturating_mul(self.hidden)
    }

    /// Fills the input weights, whose shape is [`input_shape`](Self::input_shape).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Init::fill`]. On an error, nothing is written.
    pub fn fill_input(&self, init: Init, stream: Stream, out: &mut [f32]) -> Result<(), InitError> {
        self.fill(self.inputs, init, stream, out)
    }

    /// Fills the recurrent weights, whose shape is [`recurrent_shape`](Self::recurrent_shape).
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Init::fill`]. On an error, nothing is written.
    pub fn fill_recurrent(
        &self,
        init: Init,
        stream: Stream,
        out: &mut [f32],
    ) -> Result<(), InitError> {
        self.fill(self.hidden, init, stream, out)
    }

    /// Fills weights for `inputs` inputs, gate by gate.
    fn fill(
        &self,
        inputs: usize,
        init: Init,
        stream: Stream,
        out: &mut [f32],
    ) -> Result<(), InitError> {
        let Self { hidden, gates, layout, .. } = *self;
        let (expected, given) = (self.shape(inputs).try_len()?, out.len());
        if expected != given {
            return Err(InitError::WrongLength { expected, given });
        }
        // All gates have the same shape, so an error occurs at the first gate, before anything is written.
        let block = Shape::dense(inputs, hidden).layout(layout);
        let mut rest = &mut *out;
        for gate in 0..gates {
            let part = rest.split_off_mut(..inputs * hidden).unwrap_or_default();
            init.fill(stream.substream(gate as u64), &block, part)?;
        }
        if layout == Layout::InOut {
            // In this layout, each row holds the weights of one input for all gates.
            transpose(gates, inputs, hidden, out);
        }
        Ok(())
    }

    /// Fills the biases with zeros, except for ones in an LSTM's forget gate. If a framework adds two
    /// biases, as PyTorch does, fill the other one with zeros.
    ///
    /// # Errors
    ///
    /// Returns [`WrongLength`](InitError::WrongLength) if the slice does not have
    /// [`bias_len`](Self::bias_len) values. On an error, nothing is written.
    pub fn fill_bias(&self, out: &mut [f32]) -> Result<(), InitError> {
        let (expected, given) = (self.bias_len(), out.len());
        if expected != given {
            return Err(InitError::WrongLength { expected, given });
        }
        out.fill(0.0);
        if let Some(gate) = self.forget {
            let open = out.get_mut(gate * self.hidden..(gate + 1) * self.hidden);
            open.unwrap_or_default().fill(1.0);
        }
        Ok(())
    }
}
