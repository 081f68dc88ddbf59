//! The tensors of LSTM and GRU layers, which hold one matrix for each gate.

use crate::scheme::{Layout, Shape};

/// A recurrent layer. Its tensors are [`packed`](Shape::packed): they hold the gates side by side on the
/// output axis.
///
/// Each gate is a matrix of its own. Therefore each orthogonal gate is orthogonal, and the fan_out of Xavier
/// is the number of hidden units. (Keras makes the whole tensor orthogonal, and takes the fan_out of the
/// whole tensor.) Gate *g* has the stream `stream.substream(g)`.
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
/// Init::xavier_uniform().fill(model.named("lstm.weight_ih"), &LSTM.input_shape(), &mut weights)?;
/// let mut recurrent = [0.0; LSTM.recurrent_shape().len()]; // 4 × 32 rows of 32
/// Init::orthogonal().fill(model.named("lstm.weight_hh"), &LSTM.recurrent_shape(), &mut recurrent)?;
/// let mut bias = [0.0; LSTM.bias_shape().len()];
/// let open = Init::gates([0.0, 1.0, 0.0, 0.0]);
/// open.fill(model.named("lstm.bias"), &LSTM.bias_shape(), &mut bias)?;
/// assert_eq!(bias[32..64], [1.0; 32]); // the forget gate
/// # Ok::<(), weight_init::InitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Recurrent {
    inputs: usize,
    hidden: usize,
    gates: usize,
    layout: Layout,
}

impl Recurrent {
    /// Returns a long short-term memory. Its biases usually begin as zeros, except for 1 in the forget gate:
    /// `Init::gates([0.0, 1.0, 0.0, 0.0])`. In PyTorch they are random.
    #[must_use]
    pub const fn lstm(inputs: usize, hidden: usize) -> Self {
        Self { inputs, hidden, gates: 4, layout: Layout::OutIn }
    }

    /// Returns a gated recurrent unit. Its biases usually begin as zeros.
    #[must_use]
    pub const fn gru(inputs: usize, hidden: usize) -> Self {
        Self { inputs, hidden, gates: 3, layout: Layout::OutIn }
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
        Shape::dense(self.inputs, self.hidden).layout(self.layout).packed(self.gates)
    }

    /// Returns the shape of the recurrent weights, which multiply the hidden state.
    #[must_use]
    pub const fn recurrent_shape(&self) -> Shape {
        Shape::dense(self.hidden, self.hidden).layout(self.layout).packed(self.gates)
    }

    /// Returns the shape of the biases, one for each hidden unit and gate. [`Init::gates`] sets them gate by
    /// gate. If a framework adds two biases, as PyTorch does, fill the other one with zeros.
    ///
    /// [`Init::gates`]: crate::Init::gates
    #[must_use]
    pub const fn bias_shape(&self) -> Shape {
        self.input_shape().bias()
    }
}
