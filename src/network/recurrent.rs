//! The weights of LSTM and GRU layers: several gates in one tensor, each a matrix of its own.

use crate::{
    error::InitError,
    scheme::{Init, Layout, Shape, transpose},
    stream::Stream,
};

/// A recurrent layer, whose gates lie in one tensor, one after the other on the axis of the outputs.
///
/// Each gate's block is filled as the matrix that it is: an orthogonal gate is orthogonal, and
/// Xavier's fan_out is the hidden units and not all gates' (Keras takes both for the whole tensor).
/// Gate *g* has the stream `stream.substream(g)`.
///
/// | | gates | in the order of |
/// | --- | --- | --- |
/// | [`lstm`](Self::lstm) | input, forget, cell, output | PyTorch (i, f, g, o) and Keras (i, f, c, o) |
/// | [`gru`](Self::gru) | reset, update, new (or update, reset, new) | PyTorch (Keras) |
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
/// assert_eq!(bias[32..64], [1.0; 32]); // the forget gate's
/// # Ok::<(), weight_init::InitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Recurrent {
    inputs: usize,
    hidden: usize,
    gates: usize,
    /// The gate that is to be open at first.
    forget: Option<usize>,
    layout: Layout,
}

impl Recurrent {
    /// A long short-term memory. Its forget gate begins open, with a bias of 1, so that gradients reach
    /// far back from the start (Gers, Schmidhuber & Cummins, "Learning to forget", 2000; Jozefowicz,
    /// Zaremba & Sutskever, 2015). PyTorch's begins with a random bias.
    #[must_use]
    pub const fn lstm(inputs: usize, hidden: usize) -> Self {
        Self { inputs, hidden, gates: 4, forget: Some(1), layout: Layout::OutIn }
    }

    /// A gated recurrent unit. Its biases are zeros.
    #[must_use]
    pub const fn gru(inputs: usize, hidden: usize) -> Self {
        Self { inputs, hidden, gates: 3, forget: None, layout: Layout::OutIn }
    }

    /// The same layer in another layout: `[gates × hidden, in]`, as in PyTorch, or for
    /// [`Layout::InOut`] `[in, gates × hidden]`, as in Keras.
    #[must_use]
    pub const fn layout(self, layout: Layout) -> Self {
        Self { layout, ..self }
    }

    /// The shape of the weights that the inputs meet.
    #[must_use]
    pub const fn input_shape(&self) -> Shape {
        self.shape(self.inputs)
    }

    /// The shape of the weights that the hidden state meets.
    #[must_use]
    pub const fn recurrent_shape(&self) -> Shape {
        self.shape(self.hidden)
    }

    const fn shape(&self, inputs: usize) -> Shape {
        Shape::dense(inputs, self.bias_len()).layout(self.layout)
    }

    /// The number of biases: one for each hidden unit and gate. `usize::MAX` if it does not fit.
    #[must_use]
    pub const fn bias_len(&self) -> usize {
        self.gates.saturating_mul(self.hidden)
    }

    /// Fills the weights that the inputs meet, [`input_shape`](Self::input_shape).
    ///
    /// # Errors
    ///
    /// As [`Init::fill`]. On an error nothing was written.
    pub fn fill_input(&self, init: Init, stream: Stream, out: &mut [f32]) -> Result<(), InitError> {
        self.fill(self.inputs, init, stream, out)
    }

    /// Fills the weights that the hidden state meets, [`recurrent_shape`](Self::recurrent_shape).
    ///
    /// # Errors
    ///
    /// As [`Init::fill`]. On an error nothing was written.
    pub fn fill_recurrent(
        &self,
        init: Init,
        stream: Stream,
        out: &mut [f32],
    ) -> Result<(), InitError> {
        self.fill(self.hidden, init, stream, out)
    }

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
        // What is wrong with one block is wrong with the first.
        let block = Shape::dense(inputs, hidden).layout(layout);
        let mut rest = &mut *out;
        for gate in 0..gates {
            let part = rest.split_off_mut(..inputs * hidden).unwrap_or_default();
            init.fill(stream.substream(gate as u64), &block, part)?;
        }
        if layout == Layout::InOut {
            // The gates' rows alternate.
            transpose(gates, inputs, hidden, out);
        }
        Ok(())
    }

    /// Fills the biases: zeros, and ones for an LSTM's forget gate. Where a system adds two biases, as
    /// PyTorch does, the other one wants zeros.
    ///
    /// # Errors
    ///
    /// [`WrongLength`](InitError::WrongLength), unless there are [`bias_len`](Self::bias_len) values.
    /// Then nothing was written.
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
