//! The variables of a model, each started by its name.

use std::{collections::HashMap, hint::black_box, sync::MutexGuard};

use candle_core::{DType, Device, Error, Result, Shape as Dims, Tensor, Var};
use candle_nn::{Init as Hint, VarBuilder, VarMap, var_builder::SimpleBackend};
use weight_init::{Init, InitError, Shape, Stream};

use crate::{
    Checked, check_dims, from_hint,
    hint::{hinted_shape, product, shape_of},
    refused,
    tensor::make,
    with_rank,
};

/// A `VarMap` whose new variables start from the stream of their names. It is the backend of a `VarBuilder`, so a
/// model needs no change.
///
/// The variable called `name` starts from `stream.named(name)`, where the name is the full path, such as
/// `"blocks.0.attn.weight"`. Therefore the order in which a model asks for its variables makes no difference, and a
/// layer that is added later changes no other one.
///
/// Unless a [`rule`](Self::rule) says otherwise, the scheme is the one that the layer passes as its hint, translated by
/// [`from_hint`], with candle's own fan. Constants are made by candle itself, in any of its types.
///
/// A variable that is in the map already is returned as it is, as `VarMap` does.
///
/// ```
/// use candle_core::{DType, Device};
/// use candle_nn::{AdamW, Optimizer, VarMap};
/// use weight_init_candle::{SeededVarMap, weight_init::Stream};
///
/// let vars = VarMap::new();
/// let vb = SeededVarMap::new(&vars, Stream::new(42)).builder(DType::F32, &Device::Cpu);
/// let fc1 = candle_nn::linear(784, 100, vb.pp("fc1"))?;
/// let fc2 = candle_nn::linear(100, 10, vb.pp("fc2"))?;
///
/// // The map has all variables, for an optimiser, `save` and `load`.
/// let optimizer = AdamW::new_lr(vars.all_vars(), 1e-3)?;
/// # assert_eq!(vars.all_vars().len(), 4);
/// # Ok::<(), candle_core::Error>(())
/// ```
pub struct SeededVarMap {
    vars: VarMap,
    stream: Stream,
    rule: Box<Rule>,
    pytorch_biases: bool,
}

type Rule = dyn Fn(&Target<'_>) -> Option<Start> + Send + Sync;

/// A variable that a model asks for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Target<'a> {
    /// The full path, such as `"blocks.0.attn.weight"`.
    pub name: &'a str,
    /// The dimensions.
    pub dims: &'a [usize],
    /// The element type.
    pub dtype: DType,
    /// The scheme that the layer asks for.
    pub hint: Hint,
}

/// The scheme of a variable, and its shape if its dimensions alone don't describe it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// The scheme.
    pub init: Init,
    /// The shape, or `None` for that of [`InitExt::init`](crate::InitExt::init).
    pub shape: Option<Shape>,
}

impl From<Init> for Start {
    fn from(init: Init) -> Self {
        Self { init, shape: None }
    }
}

impl From<(Init, Shape)> for Start {
    fn from((init, shape): (Init, Shape)) -> Self {
        Self { init, shape: Some(shape) }
    }
}

impl SeededVarMap {
    /// Returns the backend of a map. It shares the map's variables.
    #[must_use]
    pub fn new(vars: &VarMap, stream: Stream) -> Self {
        Self { vars: vars.clone(), stream, rule: Box::new(|_| None), pytorch_biases: false }
    }

    /// Chooses the start of variables by name, dimensions or hint. Where the rule returns `None`, the hint holds.
    /// Another call replaces the rule.
    ///
    /// ```
    /// use candle_core::{DType, Device};
    /// use candle_nn::VarMap;
    /// use weight_init_candle::{SeededVarMap, Start, weight_init::{Init, Shape, Stream}};
    ///
    /// let vars = VarMap::new();
    /// let vb = SeededVarMap::new(&vars, Stream::new(42))
    ///     .rule(|target| match (target.name, target.dims) {
    ///         // Three square matrices in one tensor, each with its own fan.
    ///         (name, &[rows, 64]) if name.ends_with("qkv.weight") => {
    ///             Some(Start::from((Init::xavier_uniform(), Shape::dense(64, rows / 3).packed(3))))
    ///         }
    ///         (name, [_]) if name.ends_with(".bias") => Some(Init::zeros().into()),
    ///         _ => None,
    ///     })
    ///     .builder(DType::F32, &Device::Cpu);
    /// let qkv = candle_nn::linear(64, 192, vb.pp("blocks.0.qkv"))?;
    /// # Ok::<(), candle_core::Error>(())
    /// ```
    #[must_use]
    pub fn rule<R: Into<Start>>(
        self,
        rule: impl Fn(&Target<'_>) -> Option<R> + Send + Sync + 'static,
    ) -> Self {
        Self { rule: Box::new(move |target| rule(target).map(Into::into)), ..self }
    }

    /// Starts biases as PyTorch does, uniformly within ±1/√fan_in with the fan of the weights.
    ///
    /// candle's dense layers do so themselves. The bound of its convolutions is 1/√in_channels, and PyTorch's is
    /// 1/√(in_channels / groups · |k|). This concerns variables called `bias` with one axis and a hint that is a uniform
    /// around zero. The variable called `weight` beside it must be asked for first, as candle's layers do; if it was not,
    /// the bias is refused. A [`rule`](Self::rule) has precedence.
    #[must_use]
    pub fn pytorch_biases(self) -> Self {
        Self { pytorch_biases: true, ..self }
    }

    /// Returns a `VarBuilder` with this backend.
    #[must_use]
    pub fn builder(self, dtype: DType, device: &Device) -> VarBuilder<'static> {
        VarBuilder::from_backend(Box::new(self), dtype, device.clone())
    }

    fn lock(&self) -> Result<MutexGuard<'_, HashMap<String, Var>>> {
        self.vars
            .data()
            .lock()
            .map_err(|_| Error::msg("a thread panicked while it held the VarMap"))
    }

    /// Returns the variable of a name if it is in the map.
    fn existing(&self, name: &str, dims: &Dims) -> Result<Option<Tensor>> {
        match self.lock()?.get(name) {
            Some(var) if var.shape() != dims => {
                candle_core::bail!("shape mismatch on {name}: {dims:?} <> {:?}", var.shape())
            }
            var => Ok(var.map(|var| var.as_tensor().clone())),
        }
    }

    /// Returns a new variable.
    fn make(&self, target: &Target<'_>, dims: &Dims, device: &Device) -> Result<Var> {
        let &Target { name, dims: sizes, dtype, hint } = target;
        let len = product(sizes).map_err(refused)?;
        let (init, shape) = if let Some(Start { init, shape }) = (self.rule)(target) {
            let shape = shape.map_or_else(|| shape_of(sizes), Ok).map_err(refused)?;
            check_dims(&shape.dims().map_err(refused)?, sizes).map_err(refused)?;
            (init, shape)
        } else if let Hint::Const(value) = hint {
            check_room(len, value, dtype, device).map_err(refused)?;
            return hint.var(dims, dtype, device);
        } else if self.pytorch_biases
            && let Some(weight) = weight_of_bias(target)
        {
            let Some(var) = self.lock()?.get(&weight).cloned() else {
                candle_core::bail!(
                    "the fan of a bias is that of `{weight}`, which must be asked for first"
                )
            };
            let fan = hinted_shape(var.dims()).and_then(|shape| shape.fan()).map_err(refused)?;
            (Init::pytorch_default(), Shape::vector(len).with_fan(fan))
        } else {
            (from_hint(hint), hinted_shape(sizes).map_err(refused)?)
        };
        let draw = init.draw(self.stream.named(name), &shape);
        let draw = draw.map_err(|error| refused(with_rank(error, sizes)))?;
        make(&draw.parallel(), dims.clone(), dtype, device)
    }
}

/// Returns an error if the host has no room for a constant, because candle aborts the process then.
fn check_room(len: usize, value: f64, dtype: DType, device: &Device) -> Checked<()> {
    let bytes = len.checked_mul(dtype.size_in_bytes().max(1)).ok_or(InitError::Overflow)?;
    isize::try_from(bytes).map_err(|_| InitError::Overflow)?;
    if !device.is_cpu() {
        return Ok(());
    }
    // candle computes other constants from a tensor of ones, and copies the result to the variable.
    let tensors = if value == 0.0 || value == 1.0 { 1 } else { 3 };
    let mut rooms = [const { Vec::<u8>::new() }; 3];
    for room in rooms.iter_mut().take(tensors) {
        room.try_reserve_exact(bytes).map_err(|_| InitError::OutOfMemory)?;
    }
    // A compiler may drop an allocation that nobody uses, and then assumes that it succeeded.
    black_box(&mut rooms);
    Ok(())
}

/// Returns the name of the weights if the variable is a bias that starts uniformly around zero.
fn weight_of_bias(target: &Target<'_>) -> Option<String> {
    let layer = target.name.strip_suffix("bias")?;
    let is_whole_name = layer.is_empty() || layer.ends_with('.');
    match (target.hint, target.dims) {
        (Hint::Uniform { lo, up }, [_]) if is_whole_name && lo == -up => {
            Some(format!("{layer}weight"))
        }
        _ => None,
    }
}

impl SimpleBackend for SeededVarMap {
    fn get(
        &self,
        dims: Dims,
        name: &str,
        hint: Hint,
        dtype: DType,
        device: &Device,
    ) -> Result<Tensor> {
        if let Some(tensor) = self.existing(name, &dims)? {
            return Ok(tensor);
        }
        // The map is not locked meanwhile, so that a rule may look into it. If another thread makes the same variable,
        // the first one stays.
        let target = Target { name, dims: dims.dims(), dtype, hint };
        let var = self
            .make(&target, &dims, device)
            .map_err(|error| error.context(format!("can't start the variable `{name}`")))?;
        self.lock()?.entry(name.to_owned()).or_insert(var);
        match self.existing(name, &dims)? {
            Some(tensor) => Ok(tensor),
            None => candle_core::bail!("{name} was removed from the VarMap while it was made"),
        }
    }

    fn get_unchecked(&self, name: &str, _: DType, _: &Device) -> Result<Tensor> {
        match self.lock()?.get(name) {
            Some(var) => Ok(var.as_tensor().clone()),
            None => Err(Error::CannotFindTensor { path: name.to_owned() }.bt()),
        }
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.lock().is_ok_and(|vars| vars.contains_key(name))
    }
}
