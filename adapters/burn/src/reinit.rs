//! The walk through a module.

use alloc::{borrow::ToOwned, string::String, vec::Vec};

use burn_core::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::{DType, Tensor},
};
use weight_init::{Shape, Stream};

use crate::{
    error::{Error, Reason},
    param::default_dtype,
    shape::Logical,
    start::{Action, Start},
    target::{Entered, Kind, Target},
    values::Values,
};

/// Starts every parameter of a module by its path, with the scheme that a rule chooses.
///
/// The values of a parameter follow from the stream, its path, its dimensions and the scheme, and from nothing
/// else. The backend, the device, autodiff, the order of first use and burn's own seed don't matter.
///
/// ```
/// # use burn_core as burn;
/// # use burn_nn as nn;
/// use burn::{module::Module, tensor::Device};
/// use nn::{Linear, LinearConfig, conv::{Conv2d, Conv2dConfig}};
/// use weight_init_burn::{Kind, Reinit, Start, weight_init::{Init, Stream}};
///
/// #[derive(Module, Debug)]
/// struct Net {
///     conv: Conv2d,
///     fc: Linear,
/// }
///
/// let device = Device::flex();
/// let net = Net {
///     conv: Conv2dConfig::new([8, 16], [3, 3]).with_groups(2).init(&device),
///     fc: LinearConfig::new(64, 10).init(&device),
/// };
/// let net = Reinit::new(Stream::new(42), |target| match target.kind() {
///     // The groups can't be seen from a tensor.
///     Kind::Conv => Start::new(Init::he_normal()).groups(2),
///     Kind::Linear => Init::he_normal().into(),
///     Kind::Bias => Init::zeros().into(),
///     _ => target.standard(),
/// })
/// .apply(net)?;
/// # Ok::<(), weight_init_burn::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reinit<F> {
    stream: Stream,
    rule: F,
    prefix: String,
}

impl<F, S> Reinit<F>
where
    F: FnMut(&Target<'_>) -> S,
    S: Into<Start>,
{
    /// Starts parameters as the rule says. It returns an `Init`, an `Option<Init>` or a [`Start`].
    pub const fn new(stream: Stream, rule: F) -> Self {
        Self { stream, rule, prefix: String::new() }
    }
}

impl Reinit<fn(&Target<'_>) -> Start> {
    /// Starts parameters as burn does by default: see [`Target::standard`]. The initialisers that a layer was
    /// configured with are not known here, because a layer does not keep them.
    #[must_use]
    pub fn standard(stream: Stream) -> Self {
        Self::new(stream, |target| target.standard())
    }
}

impl<F, S> Reinit<F>
where
    F: FnMut(&Target<'_>) -> S,
    S: Into<Start>,
{
    /// Puts a prefix before all paths, so that a part of a model gets the values that it has in the whole.
    ///
    /// ```
    /// # use burn_core as burn;
    /// # use burn_nn as nn;
    /// # use burn::tensor::Device;
    /// # use nn::LinearConfig;
    /// use weight_init_burn::{Reinit, weight_init::Stream};
    ///
    /// // The parameters `decoder.fc.weight` and `decoder.fc.bias`.
    /// let fc = LinearConfig::new(64, 10).init(&Device::flex());
    /// let fc = Reinit::standard(Stream::new(42)).within("decoder.fc").apply(fc)?;
    /// # Ok::<(), weight_init_burn::Error>(())
    /// ```
    #[must_use]
    pub fn within(self, prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..self }
    }

    /// Returns the module with started parameters. Their ids, their devices, their types of numbers, and whether
    /// they require a gradient, stay. Parameters without values, because a dimension is zero, stay as they are.
    ///
    /// Weights that burn has not initialised yet are not initialised by it first, so that its random numbers are
    /// never drawn.
    ///
    /// The running statistics of a `BatchNorm` are shared with all its clones, as burn has it.
    ///
    /// # Errors
    ///
    /// Returns the first parameter that was refused, and why. The module is then gone; clone it before if you need
    /// it.
    pub fn apply<M: Module>(self, module: M) -> Result<M, Error> {
        let Self { stream, rule, prefix } = self;
        flush_statistics(&module);
        let mut walk =
            Walk { stream, rule, path: prefix, entered: Vec::new(), weights: None, error: None };
        let module = module.map(&mut walk);
        match walk.error {
            None => Ok(module),
            Some(error) => Err(error),
        }
    }
}

struct Walk<F> {
    stream: Stream,
    rule: F,
    path: String,
    entered: Vec<Entered>,
    /// The weights that were met last: the length of the path of their layer, and their shape.
    weights: Option<(String, Shape)>,
    error: Option<Error>,
}

impl<F, S> Walk<F>
where
    F: FnMut(&Target<'_>) -> S,
    S: Into<Start>,
{
    /// Asks the rule about a parameter with the given dimensions. Returns what to write, or `None` to keep it.
    fn ask(&mut self, dims: &[usize], dtype: DType) -> Result<Option<Values>, Reason> {
        let target =
            Target { path: &self.path, entered: &self.entered, dims, dtype, model: self.stream };
        let start: Start = (self.rule)(&target).into();
        let (kind, name) = (target.kind(), target.name());
        let layer = self.path.strip_suffix(name).unwrap_or_default();
        let neighbour = self.weights.as_ref().filter(|(path, _)| path == layer && name == "bias");
        let logical = Logical::new(kind, &start, dims, neighbour.map(|(_, shape)| shape));
        if let (Ok(logical), "weight", [_, _, ..]) = (&logical, name, dims) {
            self.weights = Some((layer.to_owned(), logical.shape));
        }
        match start.action {
            Action::Keep => Ok(None),
            Action::Refuse => {
                let container = target.container().to_owned();
                Err(Reason::NoRule { container, dims: dims.to_vec() })
            }
            Action::Fill(_) if dims.contains(&0) => Ok(None),
            Action::Fill(init) => {
                let stream = start.stream.unwrap_or_else(|| self.stream.named(&self.path));
                Ok(Some(Values::new(init, stream, logical?, dims)))
            }
        }
    }

    /// Returns a parameter that was not used yet with other values, without computing those that burn would give it.
    fn load<const D: usize>(
        &mut self,
        param: &Param<Tensor<D>>,
        kind: Kind,
    ) -> Result<Option<Param<Tensor<D>>>, Reason> {
        let device = param.lazy_device();
        let dtype = default_dtype(&device);
        let mut dims = param.lazy_shape().to_vec();
        let turned = kind == Kind::Linear && loads_transposed(param);
        if turned {
            dims.reverse();
        }
        let Some(values) = self.ask(&dims, dtype)? else { return Ok(None) };
        if !turned {
            let tensor = values.tensor(&device, dtype)?;
            return Ok(Some(param.clone().transform_for_load(tensor, param.id)));
        }
        // In the layout `Col`, burn loads records only as long as the matrix was not used, so it must stay unused.
        // Then burn's own values are computed too.
        let values = values.turned();
        values.check(&device, dtype)?;
        Ok(Some(param.clone().init_mapper(move |tensor: Tensor<D>| {
            values.tensor_or_nan(&tensor.device(), tensor.dtype()).swap_dims(0, 1)
        })))
    }

    /// Returns a parameter with other values in place of those it has.
    fn replace<const D: usize>(
        &mut self,
        param: &Param<Tensor<D>>,
        kind: Kind,
    ) -> Result<Option<Param<Tensor<D>>>, Reason> {
        let old = param.val();
        let (device, dtype) = (old.device(), old.dtype());
        let Some(values) = self.ask(&old.dims(), dtype)? else { return Ok(None) };
        let tensor = if kind == Kind::Linear && loads_transposed(param) {
            values.turned().tensor(&device, dtype)?.swap_dims(0, 1)
        } else {
            values.tensor(&device, dtype)?
        };
        let tensor = tensor.set_require_grad(old.is_require_grad());
        Ok(Some(param.clone().map(|_| tensor)))
    }
}

impl<F, S> ModuleMapper for Walk<F>
where
    F: FnMut(&Target<'_>) -> S,
    S: Into<Start>,
{
    fn enter_module(&mut self, name: &str, container: &str) {
        self.entered.push(Entered { path_len: self.path.len(), container: container.to_owned() });
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(name);
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        if let Some(entered) = self.entered.pop() {
            self.path.truncate(entered.path_len);
        }
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if self.error.is_some() {
            return param;
        }
        let dims = param.lazy_shape();
        let target = Target {
            path: &self.path,
            entered: &self.entered,
            dims: &dims,
            dtype: DType::F32,
            model: self.stream,
        };
        let kind = target.kind();
        // The initialiser of a struct of one's own may choose another type of numbers or other dimensions than it
        // reports before its first use.
        let started = if param.is_initialized() || kind == Kind::Other {
            self.replace(&param, kind)
        } else {
            self.load(&param, kind)
        };
        match started {
            Ok(started) => started.unwrap_or(param),
            Err(reason) => {
                self.error = Some(Error { path: self.path.clone(), reason });
                param
            }
        }
    }
}

/// Returns whether loading a record transposes the matrix, as in a `Linear` in the layout `Col`.
fn loads_transposed<const D: usize>(param: &Param<Tensor<D>>) -> bool {
    if D != 2 {
        return false;
    }
    let probe = Tensor::zeros(
        [1, 2, 1, 1, 1, 1].get(..D).unwrap_or_default().to_vec(),
        &param.lazy_device(),
    );
    let loaded = param.clone().transform_for_load(probe, param.id);
    loaded.dims().first() == Some(&2)
}

/// Merges the running statistics that training has queued. burn would otherwise merge them at the next use, into the
/// values that are set here.
fn flush_statistics<M: Module>(module: &M) {
    /// Whether all parameters are in use.
    struct InUse(bool);

    impl ModuleVisitor for InUse {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0 &= param.is_initialized();
        }
    }

    let mut in_use = InUse(true);
    module.visit(&mut in_use);
    // A module with unused parameters has never been trained, and `valid` would initialise them.
    if in_use.0 {
        drop(module.valid());
    }
}
