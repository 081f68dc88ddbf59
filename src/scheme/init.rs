//! The family of schemes: from a fan to the distribution of the weights.

use super::{
    shape::{Fan, Shape},
    structured::{Structure, SubPixel},
};
use crate::{
    distribution::Distribution,
    error::InitError,
    target::{const_sqrt, sqrt},
};

/// Which fan a scheme divides by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FanMode {
    /// The inputs: the variance of the activations stays the same from layer to layer.
    FanIn,
    /// The outputs: the variance of the gradients stays the same, on the way back.
    FanOut,
    /// The mean of both: a compromise.
    FanAvg,
    /// The geometric mean of both, √(fan_in × fan_out).
    FanGeoAvg,
}

/// What a scheme that scales its variance draws from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// The normal.
    Normal,
    /// The normal, cut off at two standard deviations: [`fill_truncated_normal`](crate::fill_truncated_normal).
    TruncatedNormal,
    /// The uniform.
    Uniform,
}

/// A way to start a layer's weights.
///
/// The schemes that scale their variance with the fan are, with gain *g* (1 unless set):
///
/// | constructor | variance | fan, unless [`mode`](Self::mode) says otherwise |
/// | --- | --- | --- |
/// | `he_normal`, `he_truncated_normal`, `he_uniform` | g² · 2 / fan | fan_in |
/// | `xavier_normal`, `xavier_truncated_normal`, `xavier_uniform` | g² · 1 / fan | (fan_in + fan_out) / 2 |
/// | `lecun_normal`, `lecun_truncated_normal`, `lecun_uniform` | g² · 1 / fan | fan_in |
/// | [`pytorch_default`](Self::pytorch_default) | g² · ⅓ / fan, uniform | fan_in |
/// | [`variance_scaling`](Self::variance_scaling) | g² · scale / fan | its own |
///
/// The normal ones have a mean of 0 and std = √variance, also where they are cut off; the uniform ones
/// lie within ±bound = √(3 · variance). Each is computed in `f32` in this order, with the scale s:
/// std = g × √(s ÷ n), bound = g × √(3s ÷ n), for the mean of both fans
/// n = ½ × (fan_in + fan_out), and for the geometric mean n = √fan_in × √fan_out.
///
/// Others are no independent values: [`orthogonal`](Self::orthogonal),
/// [`delta_orthogonal`](Self::delta_orthogonal), [`identity`](Self::identity),
/// [`dirac`](Self::dirac), [`sparse`](Self::sparse), and any of the above under
/// [`icnr`](Self::icnr).
///
/// A scheme is also known by name, in the words of both name families, with its parameters:
/// `"glorot_uniform".parse::<Init>()`, `"he_normal(gain=0.5, mode=fan_out)"`. It prints itself so.
///
/// ```
/// use weight_init::{FanMode, Init, Shape, Stream};
///
/// let shape = Shape::conv2d(64, 128, [3, 3]);
/// let mut weights = vec![0.0; shape.try_len()?];
/// Init::he_normal().mode(FanMode::FanOut).fill(Stream::new(42).named("conv1"), &shape, &mut weights)?;
///
/// // tanh, with PyTorch's gain
/// Init::xavier_uniform().gain(5.0 / 3.0).fill(Stream::new(42).named("conv2"), &shape, &mut weights)?;
/// # Ok::<(), weight_init::InitError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Init {
    pub(crate) scheme: Scheme,
    pub(crate) gain: f32,
    pub(crate) icnr: Option<(usize, SubPixel)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scheme {
    /// Takes no fan.
    Fixed(Distribution),
    /// Variance `scale / fan`.
    VarianceScaling { scale: f32, mode: FanMode, family: Family },
    /// Recipe that depend on their places.
    Structured(Structure),
}

/// What a tensor is filled with, found to be sound.
pub(crate) enum Recipe {
    Drawn(Distribution),
    Structured(Structure),
}

impl Init {
    const fn fixed(distribution: Distribution) -> Self {
        Self::of(Scheme::Fixed(distribution))
    }

    const fn structured(structure: Structure) -> Self {
        Self::of(Scheme::Structured(structure))
    }

    const fn of(scheme: Scheme) -> Self {
        Self { scheme, gain: 1.0, icnr: None }
    }

    /// All zeros: for biases. Weights that are all zero never break symmetry and never learn.
    #[must_use]
    pub const fn zeros() -> Self {
        Self::constant(0.0)
    }

    /// All ones: for the scale of a normalisation.
    #[must_use]
    pub const fn ones() -> Self {
        Self::constant(1.0)
    }

    /// All the same finite value.
    #[must_use]
    pub const fn constant(value: f32) -> Self {
        Self::fixed(Distribution::Constant { value })
    }

    /// Normal with this mean and standard deviation, whatever the fan. See [`fill_normal`] for the
    /// admissible range.
    ///
    /// [`fill_normal`]: crate::fill_normal
    #[must_use]
    pub const fn normal(mean: f32, std: f32) -> Self {
        Self::fixed(Distribution::Normal { mean, std })
    }

    /// Normal and cut off, with this mean and this standard deviation of what is left, whatever the
    /// fan. See [`fill_truncated_normal`] for the admissible range.
    ///
    /// Keras' `TruncatedNormal` and PyTorch's `trunc_normal_` are given σ before the cut: there, std is
    /// 0.87962566 σ.
    ///
    /// [`fill_truncated_normal`]: crate::fill_truncated_normal
    #[must_use]
    pub const fn truncated_normal(mean: f32, std: f32) -> Self {
        Self::fixed(Distribution::TruncatedNormal { mean, std })
    }

    /// Uniform between these bounds, whatever the fan. See [`fill_uniform`] for the admissible
    /// range.
    ///
    /// [`fill_uniform`]: crate::fill_uniform
    #[must_use]
    pub const fn uniform(low: f32, high: f32) -> Self {
        Self::fixed(Distribution::Uniform { low, high })
    }

    /// He: normal with std = √(2 / fan_in), for layers under ReLU, which lets half of the
    /// variance through.
    ///
    /// He, Zhang, Ren & Sun, "Delving deep into rectifiers", 2015. It is √(2 / fan_in) and not
    /// 2 / √fan_in. PyTorch's `kaiming_normal_` with its defaults; Keras and JAX truncate theirs.
    #[doc(alias = "kaiming_normal")]
    #[must_use]
    pub const fn he_normal() -> Self {
        Self::variance_scaling(2.0, FanMode::FanIn, Family::Normal)
    }

    /// He: normal with the std of [`he_normal`](Self::he_normal), cut off at two standard
    /// deviations of the normal before the cut. Keras' `HeNormal` and JAX' `he_normal`.
    #[doc(alias = "kaiming_truncated_normal")]
    #[must_use]
    pub const fn he_truncated_normal() -> Self {
        Self::variance_scaling(2.0, FanMode::FanIn, Family::TruncatedNormal)
    }

    /// He: uniform within ±√(6 / fan_in). As [`he_normal`](Self::he_normal).
    #[doc(alias = "kaiming_uniform")]
    #[must_use]
    pub const fn he_uniform() -> Self {
        Self::variance_scaling(2.0, FanMode::FanIn, Family::Uniform)
    }

    /// Xavier: normal with std = √(2 / (fan_in + fan_out)), for layers under tanh and for those
    /// without an activation.
    ///
    /// Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural
    /// networks", 2010. Keras and JAX truncate theirs.
    #[doc(alias = "glorot_normal")]
    #[must_use]
    pub const fn xavier_normal() -> Self {
        Self::variance_scaling(1.0, FanMode::FanAvg, Family::Normal)
    }

    /// Xavier: normal with the std of [`xavier_normal`](Self::xavier_normal), cut off at two standard
    /// deviations of the normal before the cut. Keras' `GlorotNormal` and JAX' `glorot_normal`.
    #[doc(alias = "glorot_truncated_normal")]
    #[must_use]
    pub const fn xavier_truncated_normal() -> Self {
        Self::variance_scaling(1.0, FanMode::FanAvg, Family::TruncatedNormal)
    }

    /// Xavier: uniform within ±√(6 / (fan_in + fan_out)).
    /// As [`xavier_normal`](Self::xavier_normal).
    #[doc(alias = "glorot_uniform")]
    #[must_use]
    pub const fn xavier_uniform() -> Self {
        Self::variance_scaling(1.0, FanMode::FanAvg, Family::Uniform)
    }

    /// LeCun: normal with std = √(1 / fan_in), for SELU, and for inputs of unit variance.
    ///
    /// LeCun, Bottou, Orr & Müller, "Efficient BackProp", 1998. Keras and JAX truncate theirs.
    #[must_use]
    pub const fn lecun_normal() -> Self {
        Self::variance_scaling(1.0, FanMode::FanIn, Family::Normal)
    }

    /// LeCun: normal with the std of [`lecun_normal`](Self::lecun_normal), cut off at two standard
    /// deviations of the normal before the cut. Keras' `LecunNormal` and JAX' `lecun_normal`.
    #[must_use]
    pub const fn lecun_truncated_normal() -> Self {
        Self::variance_scaling(1.0, FanMode::FanIn, Family::TruncatedNormal)
    }

    /// LeCun: uniform within ±√(3 / fan_in). As [`lecun_normal`](Self::lecun_normal).
    #[must_use]
    pub const fn lecun_uniform() -> Self {
        Self::variance_scaling(1.0, FanMode::FanIn, Family::Uniform)
    }

    /// Variance scale / fan, from that family: what the schemes above are cases of. `scale` is finite and
    /// not negative. Keras' and JAX' `variance_scaling`; there, "truncated_normal" is the default.
    ///
    /// ```
    /// use weight_init::{Family, FanMode, Init};
    ///
    /// const HE: Init = Init::variance_scaling(2.0, FanMode::FanIn, Family::Normal);
    /// assert_eq!(HE, Init::he_normal());
    /// ```
    #[must_use]
    pub const fn variance_scaling(scale: f32, mode: FanMode, family: Family) -> Self {
        Self::of(Scheme::VarianceScaling { scale, mode, family })
    }

    /// What PyTorch's `Linear` and `Conv` layers start with, weights and biases alike: uniform within
    /// ±1/√fan_in, which is `kaiming_uniform_(a=√5)`. For the bias that is the fan of the weights
    /// ([`fill_bias`](Self::fill_bias)).
    #[must_use]
    pub const fn pytorch_default() -> Self {
        Self::variance_scaling(1.0 / 3.0, FanMode::FanIn, Family::Uniform)
    }

    /// A random orthogonal matrix, times the gain: all are equally likely (Haar's measure). The matrix
    /// is the tensor's first axis against all others, or for
    /// [`Layout::InOut`](crate::Layout::InOut) all others against its last axis, as in PyTorch, Keras
    /// and JAX. If it has no more rows than columns, its rows are orthonormal, else its columns are.
    ///
    /// The weights of a grouped layer are a matrix for each group, and each is orthogonal by itself.
    /// (PyTorch, Keras and JAX take the tensor for one matrix, whose blocks are then too small.) The
    /// matrix of group g takes the normals of the stream at the indices from g × (weights of a group) on.
    ///
    /// It fills whole tensors only. See [`fill_orthogonal`](crate::fill_orthogonal) for how.
    /// Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
    /// neural networks", 2014.
    #[must_use]
    pub const fn orthogonal() -> Self {
        Self::structured(Structure::Orthogonal { gain: 1.0 })
    }

    /// For convolutions that keep the norm of what they are given: in the middle of the kernel an
    /// orthogonal matrix times the gain, and zeros around it. It needs as many outputs as inputs at
    /// least, and no groups. The middle of an even axis of k places is place k/2 − 1, as in JAX.
    ///
    /// It fills whole tensors only. Xiao et al., "Dynamical isometry and a mean field theory of CNNs",
    /// 2018.
    #[must_use]
    pub const fn delta_orthogonal() -> Self {
        Self::structured(Structure::DeltaOrthogonal { gain: 1.0 })
    }

    /// The identity times the gain, for dense layers: output i is input i, and zeros where there is no
    /// such input or output. PyTorch's `eye_`, Keras' `Identity`.
    #[doc(alias = "eye")]
    #[must_use]
    pub const fn identity() -> Self {
        Self::structured(Structure::Diagonal { gain: 1.0, kernel: false })
    }

    /// The identity times the gain, for convolutions: output channel i is input channel i of its group,
    /// so long as there are both, under padding that keeps the image's size. The middle of an axis of k
    /// places is place k/2, rounded down. PyTorch's `dirac_`. (If k is even the image is kept by a
    /// padding of k/2; under `padding='same'` PyTorch and others take place k/2 − 1 for the middle, and it
    /// moves by a pixel.)
    ///
    /// Zagoruyko & Komodakis, "DiracNets", 2017.
    #[must_use]
    pub const fn dirac() -> Self {
        Self::structured(Structure::Diagonal { gain: 1.0, kernel: true })
    }

    /// Normal with that std, and of each input's weights exactly ⌈`sparsity` × outputs⌉ are zeros, chosen
    /// at random. For dense layers; `sparsity` is between 0 and 1. PyTorch's `sparse_`.
    ///
    /// The zeros of an input are chosen output after output, so a part of the tensor takes one hash for
    /// each output up to its last, for each input that it touches: never more than the whole tensor takes.
    /// In the layout [`OutIn`](crate::Layout::OutIn), filling a tensor in pages no longer than a row takes
    /// outputs ÷ 2 times the hashes of one fill; a large one is better filled in parts of many rows.
    ///
    /// Martens, "Deep learning via Hessian-free optimization", 2010.
    #[must_use]
    pub const fn sparse(sparsity: f32, std: f32) -> Self {
        Self::structured(Structure::Sparse { sparsity, std })
    }

    /// The scheme for a convolution that makes an image `upscale` times as large on each side, such that
    /// it begins without a checkerboard, as an enlargement by the nearest neighbour. The scheme fills
    /// the convolution without enlargement, whose fan it takes, and its values are repeated.
    ///
    /// A convolution whose output channels are the pixels of the large image (a sub-pixel convolution)
    /// has the same kernel for all pixels that come from one. `upscale` to the power of the image's axes
    /// must divide the output channels, and `order` says which of them belong together. It must not be
    /// grouped.
    ///
    /// A [`transposed`](Shape::transposed) convolution whose stride is `upscale` = r has the same value in
    /// each patch of r values along each axis of the kernel: w\[r a + p\]\[r b + q\] is the same for all
    /// p, q < r. `upscale` must divide the kernel along each axis, and `order` is ignored. The fan is that
    /// of the kernel with 1/r of the size along each axis, because with that stride an output pixel meets
    /// only so many weights of each input channel. The patches of the image are those of the small one,
    /// each enlarged, if the padding is a multiple of r.
    ///
    /// Schemes that have no distribution are an error in the fill ([`InitError::NoDistribution`]). Aitken
    /// et al., "Checkerboard artifact free sub-pixel convolution", 2017.
    ///
    /// ```
    /// use weight_init::{Init, Shape, Stream, SubPixel};
    ///
    /// let shape = Shape::conv2d(64, 3 * 4, [3, 3]); // then PixelShuffle(2): 3 channels
    /// let mut weights = vec![0.0; shape.len()];
    /// let init = Init::he_normal().icnr(2, SubPixel::PixelShuffle);
    /// init.fill(Stream::new(42).named("up.weight"), &shape, &mut weights)?;
    /// assert_eq!(weights[..576], weights[3 * 576..4 * 576]);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    #[must_use]
    pub const fn icnr(self, upscale: usize, order: SubPixel) -> Self {
        Self { icnr: Some((upscale, order)), ..self }
    }

    /// The scheme for the last layer of each branch in a network of `blocks` residual blocks: the gain is
    /// divided by √(2 `blocks`), so that the sum of all branches keeps its variance. GPT-2's rule for its
    /// projections: of its normal(0, 0.02), a 12-block network takes `.residual(12)`. It comes on top of a
    /// [`gain`](Self::gain) that was set before. For no blocks the gain is infinite, which a fill refuses.
    ///
    /// Radford et al., "Language models are unsupervised multitask learners", 2019.
    #[must_use]
    pub const fn residual(self, blocks: usize) -> Self {
        let blocks = blocks as f32;
        let gain = if blocks > 0.0 { self.gain / const_sqrt(2.0 * blocks) } else { f32::INFINITY };
        Self { gain, ..self }
    }

    /// Multiplies every value by a gain, finite and not negative; 1 unless set. It takes the place of one
    /// that was set before.
    ///
    /// It comes on top of the scheme's own factor: He's √2 stays. For an activation with a gain of
    /// its own start from LeCun, as in `Init::lecun_normal().gain(1.53)`.
    #[must_use]
    pub const fn gain(self, gain: f32) -> Self {
        Self { gain, ..self }
    }

    /// Divides by another fan. Schemes that take no fan stay as they are.
    #[must_use]
    pub const fn mode(self, mode: FanMode) -> Self {
        match self.scheme {
            Scheme::VarianceScaling { scale, family, .. } => {
                Self { scheme: Scheme::VarianceScaling { scale, mode, family }, ..self }
            }
            Scheme::Fixed(_) | Scheme::Structured(_) => self,
        }
    }

    /// What the values of a layer with this fan are drawn from.
    ///
    /// ```
    /// use weight_init::{Distribution, Init, Shape, Stream};
    ///
    /// let fan = Shape::dense(300, 10).fan()?;
    /// let weights = Init::lecun_uniform().distribution(fan)?;
    /// assert_eq!(weights, Distribution::Uniform { low: -0.1, high: 0.1 });
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Gain`](InitError::Gain), [`Scale`](InitError::Scale), [`ZeroFan`](InitError::ZeroFan), what the
    /// distribution itself does not admit, and [`NoDistribution`](InitError::NoDistribution) for
    /// schemes whose values depend on their places.
    pub fn distribution(&self, fan: Fan) -> Result<Distribution, InitError> {
        self.resolve(Ok(fan))
    }

    /// Returns the recipe for a tensor of that shape, which has `len` values.
    #[inline]
    pub(super) fn recipe(&self, shape: &Shape, len: usize) -> Result<Recipe, InitError> {
        if self.icnr.is_some() || matches!(self.scheme, Scheme::Structured(_)) {
            let nothing = Recipe::Drawn(Distribution::ZERO);
            return unless_empty(len, self.structure(shape).map(Recipe::Structured), nothing);
        }
        unless_empty(len, self.plain(shape.fan()), Distribution::ZERO).map(Recipe::Drawn)
    }

    /// Of those whose values depend on their places. Out of the way of the others, on a small stack.
    #[inline(never)]
    fn structure(&self, shape: &Shape) -> Result<Structure, InitError> {
        let structure = match (self.scheme, self.icnr) {
            // Nothing is there to be repeated.
            (Scheme::Structured(_), Some(_)) => return Err(InitError::NoDistribution),
            (Scheme::Structured(structure), None) => {
                structure.check(shape)?;
                structure.times(self.checked_gain()?)
            }
            (_, Some((upscale, order))) => {
                let small = shape.before_upscale(upscale)?;
                let distribution = self.plain(small.fan())?;
                if shape.is_transposed() {
                    Structure::Upsampled { distribution, upscale }
                } else {
                    Structure::SubPixel { distribution, outputs: small.out_channels(), order }
                }
            }
            _ => return Err(InitError::NoDistribution),
        };
        structure.check(shape)?;
        Ok(structure)
    }

    /// Returns the distribution of a tensor whose values don't depend on each other.
    pub(crate) fn resolve(&self, fan: Result<Fan, InitError>) -> Result<Distribution, InitError> {
        if self.icnr.is_some() { Err(InitError::NoDistribution) } else { self.plain(fan) }
    }

    #[inline]
    fn checked_gain(&self) -> Result<f32, InitError> {
        let given = self.gain;
        if given >= 0.0 && given.is_finite() { Ok(given) } else { Err(InitError::Gain { given }) }
    }

    /// The fan is looked at only by schemes that need it: a bias has none, and wants zeros.
    #[inline]
    fn plain(&self, fan: Result<Fan, InitError>) -> Result<Distribution, InitError> {
        let gain = self.checked_gain()?;
        let distribution = match self.scheme {
            Scheme::Structured(_) => return Err(InitError::NoDistribution),
            Scheme::Fixed(distribution) => {
                distribution.check()?;
                let scaled = distribution.times(gain);
                if scaled.std() == 0.0 && gain > 0.0 && distribution.std() > 0.0 {
                    return Err(InitError::TooSmall { given: gain });
                }
                scaled
            }
            Scheme::VarianceScaling { scale: given, .. }
                if !(given >= 0.0 && given.is_finite()) =>
            {
                return Err(InitError::Scale { given });
            }
            Scheme::VarianceScaling { scale, mode, family } => {
                let fan = divisor(fan?, mode)?;
                let scale = if family == Family::Uniform { 3.0 * scale } else { scale };
                let std = gain * root_of_quotient(scale, fan);
                if std == 0.0 && gain > 0.0 && scale > 0.0 {
                    return Err(InitError::TooSmall { given: gain });
                }
                match family {
                    Family::Normal => Distribution::Normal { mean: 0.0, std },
                    Family::TruncatedNormal => Distribution::TruncatedNormal { mean: 0.0, std },
                    Family::Uniform => Distribution::Uniform { low: -std, high: std },
                }
            }
        };
        distribution.check()?;
        Ok(distribution)
    }
}

/// Replaces an error about the sizes of a shape by `nothing`, if the shape has no values.
#[inline]
pub(super) fn unless_empty<T>(
    len: usize,
    result: Result<T, InitError>,
    nothing: T,
) -> Result<T, InitError> {
    match result {
        Err(
            InitError::ZeroFan { .. }
            | InitError::Overflow
            | InitError::OutputsTooFew { .. }
            | InitError::OutputsTooMany { .. }
            | InitError::Upscale { upscale: 1.., .. }
            | InitError::UpscaleKernel { upscale: 1.., .. },
        ) if len == 0 => Ok(nothing),
        result => result,
    }
}

/// What the variance is divided by: not zero.
#[inline]
fn divisor(fan: Fan, mode: FanMode) -> Result<f32, InitError> {
    let Fan { fan_in, fan_out } = fan;
    let (divisor, zero) = match mode {
        FanMode::FanIn => (fan_in as f32, fan_in == 0),
        FanMode::FanOut => (fan_out as f32, fan_out == 0),
        FanMode::FanAvg => (0.5 * (fan_in as f32 + fan_out as f32), fan_in == 0 || fan_out == 0),
        FanMode::FanGeoAvg if fan_in == 0 || fan_out == 0 => (0.0, true),
        FanMode::FanGeoAvg => (geometric_mean(fan), false),
    };
    if zero { Err(InitError::ZeroFan { fan_in, fan_out }) } else { Ok(divisor) }
}

/// √(scale ÷ fan), also where the quotient is so small that it has no digits left.
#[inline]
fn root_of_quotient(scale: f32, fan: f32) -> f32 {
    const LIFT: f32 = (1_u128 << 100) as f32;
    const ROOT: f32 = (1_u64 << 50) as f32;
    let square = scale / fan;
    if square >= f32::MIN_POSITIVE {
        sqrt(square)
    } else if scale > 0.0 {
        sqrt(scale * LIFT / fan) / ROOT
    } else {
        0.0
    }
}

/// Of two roots, as the product could overflow. Out of the way of the other modes.
#[inline(never)]
fn geometric_mean(fan: Fan) -> f32 {
    sqrt(fan.fan_in as f32) * sqrt(fan.fan_out as f32)
}
