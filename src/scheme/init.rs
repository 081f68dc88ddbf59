//! Schemes for starting weights, and the distribution that a scheme and a fan determine.

use super::{
    shape::Fan,
    structured::{Structure, SubPixel, Unrepeated},
};
use crate::{
    distribution::{Cut, Distribution},
    error::InitError,
    target::{const_sqrt, is_magnitude},
};

/// The fan by which a scheme divides its variance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FanMode {
    /// The number of inputs. It keeps the variance of the activations the same from layer to layer.
    FanIn,
    /// The number of outputs. It keeps the variance of the gradients the same on the way back.
    FanOut,
    /// The mean of both, as a compromise.
    FanAvg,
    /// The geometric mean of both, √(fan_in × fan_out).
    FanGeoAvg,
}

/// The family of distributions from which a scheme draws if it scales its variance with the fan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// The normal distribution.
    Normal,
    /// The normal distribution, truncated at two standard deviations, as in
    /// [`fill_truncated_normal`](crate::fill_truncated_normal). [`Init::cut`] moves the cut.
    TruncatedNormal,
    /// The uniform distribution.
    Uniform,
}

impl Family {
    /// Returns the cut of a scheme of this family.
    pub(crate) const fn cut(self) -> Cut {
        match self {
            Self::TruncatedNormal => Cut::TWO,
            Self::Normal | Self::Uniform => Cut::NONE,
        }
    }
}

/// A scheme for a layer's starting weights.
///
/// These schemes scale their variance with the fan. The gain *g* is 1 unless
/// [`gain`](Self::gain) multiplies it.
///
/// | constructor | variance | fan, unless [`mode`](Self::mode) says otherwise |
/// | --- | --- | --- |
/// | `he_normal`, `he_truncated_normal`, `he_uniform` | g² · 2 / fan | fan_in |
/// | `xavier_normal`, `xavier_truncated_normal`, `xavier_uniform` | g² · 1 / fan | (fan_in + fan_out) / 2 |
/// | `lecun_normal`, `lecun_truncated_normal`, `lecun_uniform` | g² · 1 / fan | fan_in |
/// | [`pytorch_default`](Self::pytorch_default) | g² · ⅓ / fan, uniform | fan_in |
/// | [`variance_scaling`](Self::variance_scaling) | g² · scale / fan | its own |
///
/// The normal and truncated ones have a mean of 0 and std = √variance. For a normal that
/// [`cut`](Self::cut) cuts off, this is the std before truncation. The uniform ones lie within
/// ±bound = √(3 · variance). With the scale s and the fan n, both are computed in `f32`, in this order:
/// std = g × √(s ÷ n) and bound = g × √(3s ÷ n). For the mean of both fans n is
/// ½ × (fan_in + fan_out), and for their geometric mean √fan_in × √fan_out.
///
/// The values of the structured schemes are not independent of each other. These are
/// [`orthogonal`](Self::orthogonal), [`delta_orthogonal`](Self::delta_orthogonal),
/// [`identity`](Self::identity), [`dirac`](Self::dirac), [`bilinear`](Self::bilinear),
/// [`sparse`](Self::sparse), and any scheme of the table under [`icnr`](Self::icnr).
///
/// Every name in PyTorch, Keras and JAX is in the [guide](crate::guide::schemes).
///
/// A scheme parses from text, such as `"glorot_uniform"` or `"he_normal(gain=0.5, mode=fan_out)"`, and
/// prints itself in the same form. Both sets of names are known, He and Xavier as well as Kaiming and
/// Glorot.
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
    /// Draws from a distribution that does not depend on the fan.
    Fixed(Distribution),
    /// Draws with the variance `scale / fan`.
    VarianceScaling { scale: f32, mode: FanMode, family: Family, cut: Cut },
    /// Computes values that depend on their indices in the tensor.
    Structured(Unrepeated),
}

impl Init {
    /// Returns whether the values are not independent draws from one distribution.
    #[inline]
    pub(crate) const fn is_special(&self) -> bool {
        self.icnr.is_some() || matches!(self.scheme, Scheme::Structured(_))
    }

    const fn fixed(distribution: Distribution) -> Self {
        Self::of(Scheme::Fixed(distribution))
    }

    const fn structured(structure: Unrepeated) -> Self {
        Self::of(Scheme::Structured(structure))
    }

    const fn of(scheme: Scheme) -> Self {
        Self { scheme, gain: 1.0, icnr: None }
    }

    /// Returns the scheme of all zeros, for biases. Weights that are all zero never learn, because they
    /// never break the symmetry between units.
    #[must_use]
    pub const fn zeros() -> Self {
        Self::constant(0.0)
    }

    /// Returns the scheme of all ones, for the scale of a normalisation layer.
    #[must_use]
    pub const fn ones() -> Self {
        Self::constant(1.0)
    }

    /// Returns the scheme that sets all values to the same finite `value`.
    #[must_use]
    pub const fn constant(value: f32) -> Self {
        Self::fixed(Distribution::Constant { value })
    }

    /// Returns the scheme that draws from a normal with the given mean and standard deviation,
    /// independent of the fan. See [`fill_normal`] for the valid range.
    ///
    /// [`fill_normal`]: crate::fill_normal
    #[must_use]
    pub const fn normal(mean: f32, std: f32) -> Self {
        Self::fixed(Distribution::Normal { mean, std })
    }

    /// Returns the scheme that draws from a truncated normal with the given mean and standard deviation
    /// after truncation, independent of the fan. See [`fill_truncated_normal`] for the valid range.
    ///
    /// Keras' `TruncatedNormal` and PyTorch's `trunc_normal_` are given σ, the standard deviation before
    /// truncation. `Init::normal(mean, σ).cut(k)` is the same distribution: see [`cut`](Self::cut).
    ///
    /// [`fill_truncated_normal`]: crate::fill_truncated_normal
    #[must_use]
    pub const fn truncated_normal(mean: f32, std: f32) -> Self {
        Self::fixed(Distribution::TruncatedNormal { mean, std, cut: Cut::TWO })
    }

    /// Returns the scheme that draws from a uniform between the given bounds, independent of the fan. See
    /// [`fill_uniform`] for the valid range.
    ///
    /// [`fill_uniform`]: crate::fill_uniform
    #[must_use]
    pub const fn uniform(low: f32, high: f32) -> Self {
        Self::fixed(Distribution::Uniform { low, high })
    }

    /// Returns He's scheme: a normal with std = √(2 / fan_in), for layers before a ReLU. The factor 2
    /// makes up for the half of the variance that a ReLU discards.
    ///
    /// The std is √(2 / fan_in) and not 2 / √fan_in. It is PyTorch's `kaiming_normal_` with its defaults.
    /// Keras and JAX truncate theirs.
    ///
    /// Source: He, Zhang, Ren & Sun, "Delving deep into rectifiers", 2015.
    #[doc(alias = "kaiming_normal")]
    #[must_use]
    pub const fn he_normal() -> Self {
        Self::variance_scaling(2.0, FanMode::FanIn, Family::Normal)
    }

    /// Returns He's scheme with a truncated normal, which has the std of [`he_normal`](Self::he_normal).
    /// It is truncated at two standard deviations of the normal before truncation. Known as `HeNormal` in
    /// Keras and as `he_normal` in JAX.
    #[doc(alias = "kaiming_truncated_normal")]
    #[must_use]
    pub const fn he_truncated_normal() -> Self {
        Self::variance_scaling(2.0, FanMode::FanIn, Family::TruncatedNormal)
    }

    /// Returns He's scheme with a uniform within ±√(6 / fan_in), which has the std of
    /// [`he_normal`](Self::he_normal).
    #[doc(alias = "kaiming_uniform")]
    #[must_use]
    pub const fn he_uniform() -> Self {
        Self::variance_scaling(2.0, FanMode::FanIn, Family::Uniform)
    }

    /// Returns Xavier's scheme, also known as Glorot's: a normal with std = √(2 / (fan_in + fan_out)), for
    /// layers before a tanh or without an activation. Keras and JAX truncate theirs.
    ///
    /// Source: Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural
    /// networks", 2010.
    #[doc(alias = "glorot_normal")]
    #[must_use]
    pub const fn xavier_normal() -> Self {
        Self::variance_scaling(1.0, FanMode::FanAvg, Family::Normal)
    }

    /// Returns Xavier's scheme with a truncated normal, which has the std of
    /// [`xavier_normal`](Self::xavier_normal). It is truncated at two standard deviations of the normal
    /// before truncation. Known as `GlorotNormal` in Keras and as `glorot_normal` in JAX.
    #[doc(alias = "glorot_truncated_normal")]
    #[must_use]
    pub const fn xavier_truncated_normal() -> Self {
        Self::variance_scaling(1.0, FanMode::FanAvg, Family::TruncatedNormal)
    }

    /// Returns Xavier's scheme with a uniform within ±√(6 / (fan_in + fan_out)), which has the std of
    /// [`xavier_normal`](Self::xavier_normal).
    #[doc(alias = "glorot_uniform")]
    #[must_use]
    pub const fn xavier_uniform() -> Self {
        Self::variance_scaling(1.0, FanMode::FanAvg, Family::Uniform)
    }

    /// Returns LeCun's scheme: a normal with std = √(1 / fan_in), for layers before a SELU, and for inputs
    /// of unit variance. Keras and JAX truncate theirs.
    ///
    /// Source: LeCun, Bottou, Orr & Müller, "Efficient BackProp", 1998.
    #[must_use]
    pub const fn lecun_normal() -> Self {
        Self::variance_scaling(1.0, FanMode::FanIn, Family::Normal)
    }

    /// Returns LeCun's scheme with a truncated normal, which has the std of
    /// [`lecun_normal`](Self::lecun_normal). It is truncated at two standard deviations of the normal
    /// before truncation. Known as `LecunNormal` in Keras and as `lecun_normal` in JAX.
    #[must_use]
    pub const fn lecun_truncated_normal() -> Self {
        Self::variance_scaling(1.0, FanMode::FanIn, Family::TruncatedNormal)
    }

    /// Returns LeCun's scheme with a uniform within ±√(3 / fan_in), which has the std of
    /// [`lecun_normal`](Self::lecun_normal).
    #[must_use]
    pub const fn lecun_uniform() -> Self {
        Self::variance_scaling(1.0, FanMode::FanIn, Family::Uniform)
    }

    /// Returns the scheme that draws from the given family with a mean of 0 and the variance `scale` / fan.
    /// He's, Xavier's and LeCun's schemes are special cases. `scale` is finite and not negative.
    ///
    /// Known as `VarianceScaling` in Keras and as `variance_scaling` in JAX. Their default family is
    /// "truncated_normal".
    ///
    /// ```
    /// use weight_init::{Family, FanMode, Init};
    ///
    /// const HE: Init = Init::variance_scaling(2.0, FanMode::FanIn, Family::Normal);
    /// assert_eq!(HE, Init::he_normal());
    /// ```
    #[must_use]
    pub const fn variance_scaling(scale: f32, mode: FanMode, family: Family) -> Self {
        Self::of(Scheme::VarianceScaling { scale, mode, family, cut: family.cut() })
    }

    /// Returns the scheme of PyTorch's `Linear` and `Conv` layers, for weights and biases: a uniform within
    /// ±1/√fan_in, which is `kaiming_uniform_(a=√5)`. A bias takes the fan of its weights: use the shape
    /// [`shape.bias()`](crate::Shape::bias).
    #[must_use]
    pub const fn pytorch_default() -> Self {
        Self::variance_scaling(1.0 / 3.0, FanMode::FanIn, Family::Uniform)
    }

    /// Returns the scheme of a random orthogonal matrix times the gain. All orthogonal matrices are equally
    /// likely (Haar measure).
    ///
    /// The tensor's first axis counts the rows, and all others the columns. For
    /// [`Layout::InOut`](crate::Layout::InOut) the last axis counts the columns, and all others the rows.
    /// PyTorch, Keras and JAX do the same. If the matrix has at most as many rows as columns, its rows are
    /// orthonormal up to the gain, otherwise its columns are.
    ///
    /// In a grouped layer the weights of each group are an orthogonal matrix of their own. The matrix of
    /// group g takes the stream's normals from index g × (weights per group) on. PyTorch, Keras and JAX
    /// make one matrix of the whole tensor, so the weights of each group are too small.
    ///
    /// The scheme fills whole tensors only. A part goes through a scratch slice for the whole, by
    /// [`Draw::write_through`](crate::Draw::write_through). The [guide](crate::guide::format#random-orthogonal-matrices)
    /// has the algorithm.
    ///
    /// Source: Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep
    /// linear neural networks", 2014.
    #[must_use]
    pub const fn orthogonal() -> Self {
        Self::structured(Structure::Orthogonal { gain: 1.0 })
    }

    /// Returns the scheme for convolutions with a random orthogonal matrix times the gain in the middle of
    /// the kernel, and zeros around it. With a gain of 1 such a convolution keeps the norm of its input.
    ///
    /// The layer must have at least as many output channels as input channels, and no groups. On a kernel
    /// axis of even size k the middle is the element k/2 − 1, as in JAX. The scheme fills whole tensors
    /// only.
    ///
    /// Source: Xiao et al., "Dynamical isometry and a mean field theory of CNNs", 2018.
    #[must_use]
    pub const fn delta_orthogonal() -> Self {
        Self::structured(Structure::DeltaOrthogonal { gain: 1.0 })
    }

    /// Returns the scheme of the identity matrix times the gain, for dense layers. Output i is then input i
    /// times the gain. Outputs and inputs without a counterpart get zeros. Known as `eye_` in PyTorch and
    /// as `Identity` in Keras.
    #[doc(alias = "eye")]
    #[must_use]
    pub const fn identity() -> Self {
        Self::structured(Structure::Diagonal { gain: 1.0, kernel: false })
    }

    /// Returns the scheme of the identity times the gain, for convolutions. Output channel i of each group
    /// is then input channel i of that group times the gain, provided that the padding keeps the image's
    /// size. Channels without a counterpart get zeros. Known as `dirac_` in PyTorch.
    ///
    /// The identity is in the middle of the kernel, which on an axis of size k is the element k/2, rounded
    /// down. If k is even, a padding of k/2 leaves the image where it is. With `padding='same'`, PyTorch
    /// and others take the element k/2 − 1 for the middle, so the image moves by a pixel.
    ///
    /// Source: Zagoruyko & Komodakis, "DiracNets", 2017.
    #[must_use]
    pub const fn dirac() -> Self {
        Self::structured(Structure::Diagonal { gain: 1.0, kernel: true })
    }

    /// Returns the scheme of linear interpolation times the gain, for convolutions that upscale an image,
    /// most of them [`transposed`](crate::Shape::transposed). Output channel i of each group is then input channel i
    /// of that group, enlarged. Channels without a counterpart get zeros. The same rule is linear for one
    /// axis, bilinear for two, and trilinear for three.
    ///
    /// Along an axis of size k, with f = ⌈k/2⌉, the value at x is 1 − |x − (k − 1)/2| / f. The values of all
    /// axes are multiplied. For k = 4 they are ¼, ¾, ¾, ¼, so that a kernel of 4 × 4 begins with 0.0625,
    /// 0.1875, 0.1875, 0.0625.
    ///
    /// A transposed convolution enlarges f times on each side with a stride of f, a kernel of 2f − f mod 2
    /// and a padding of (f − 1)/2, rounded up. A constant image stays constant then, apart from the borders.
    ///
    /// In a [grouped](crate::Shape::grouped) layer, each group is a layer of its own: a depthwise one has the kernel
    /// for every channel, as Caffe's `bilinear` filler assumes. Caffe, MXNet and PaddlePaddle write the
    /// kernel for every pair of channels, which sums up the inputs of a layer that is not depthwise. This
    /// scheme follows the authors of FCN, who write it only where a channel meets itself. MXNet and
    /// PaddlePaddle have their middle at (2f − 1 − f mod 2)/2 instead of (k − 1)/2, so that their kernels of
    /// k = 2, 3, 6, 7, 10, … are not symmetric.
    ///
    /// Source: Long, Shelhamer & Darrell, "Fully convolutional networks for semantic segmentation", 2015.
    ///
    /// ```
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// // Twice the size: stride 2, padding 1.
    /// let shape = Shape::depthwise2d(21, 1, [4, 4]).transposed();
    /// let mut weights = vec![0.0; shape.try_len()?];
    /// Init::bilinear().fill(Stream::new(42).named("up.weight"), &shape, &mut weights)?;
    /// assert_eq!(weights[..4], [0.0625, 0.1875, 0.1875, 0.0625]);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    #[must_use]
    pub const fn bilinear() -> Self {
        Self::structured(Structure::Bilinear { gain: 1.0 })
    }

    /// Returns the scheme, for dense layers, that draws from a normal with a mean of 0 and the given std,
    /// and sets exactly ⌈`sparsity` × outputs⌉ of each input's weights to zero, chosen at random.
    /// `sparsity` is between 0 and 1. Known as `sparse_` in PyTorch.
    ///
    /// Each input's zeros are chosen output after output. Therefore a part of the tensor takes, for each
    /// input that it touches, one hash for each output up to the last one in the part. This is never more
    /// than the whole tensor takes. In the layout [`OutIn`](crate::Layout::OutIn), filling a tensor in
    /// pages no longer than a row takes outputs ÷ 2 times the hashes of one fill. Fill a large tensor in
    /// parts of many rows instead.
    ///
    /// Source: Martens, "Deep learning via Hessian-free optimization", 2010.
    #[must_use]
    pub const fn sparse(sparsity: f32, std: f32) -> Self {
        Self::structured(Structure::Sparse { sparsity, std })
    }

    /// Returns the scheme that sets all values of tensor *i* of a stack to `constants[i]`, times the gain. It
    /// is meant for the biases of a recurrent layer, one constant for each gate. A stack of fewer than four
    /// tensors ignores the last constants, and a larger one is refused. A tensor that is not a stack gets the
    /// first constant.
    ///
    /// An LSTM's forget gate begins open with a bias of 1, so that gradients reach far back from the start
    /// (Gers, Schmidhuber & Cummins, "Learning to forget", 2000; Jozefowicz, Zaremba & Sutskever, 2015).
    ///
    /// ```
    /// use weight_init::{Init, Recurrent, Stream};
    ///
    /// const LSTM: Recurrent = Recurrent::lstm(16, 32);
    /// let mut bias = [0.0; LSTM.bias_shape().len()];
    /// let init = Init::gates([-1.0, 2.0, 0.0, 0.0]); // input, forget, cell, output
    /// init.fill(Stream::new(42), &LSTM.bias_shape(), &mut bias)?;
    /// assert_eq!((bias[31], bias[32], bias[64]), (-1.0, 2.0, 0.0));
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    #[must_use]
    pub const fn gates(constants: [f32; 4]) -> Self {
        Self::structured(Structure::Gates { constants })
    }

    /// Adapts the scheme to a convolution that makes an image `upscale` times as large on each side
    /// (ICNR). The layer then starts as an upscaling by the nearest neighbour, so its output shows no
    /// checkerboard. The scheme initialises the smaller convolution with its own fan. Each value is then
    /// repeated.
    ///
    /// - **Sub-pixel convolution.** The output channels are the pixels of the large image. All pixels that
    ///   come from one small pixel get the same kernel. `order` says which channels belong together.
    ///   `upscale` to the power of the image's axes must divide the output channels, and the layer must not
    ///   be grouped.
    /// - **[`transposed`](crate::Shape::transposed) convolution** whose stride is `upscale` = r. Each patch of r
    ///   values along each axis of the kernel has the same value: w\[r a + p\]\[r b + q\] is the same for
    ///   all p, q < r. `upscale` must divide the kernel along each axis, and `order` is ignored. The fan is
    ///   that of a kernel with 1/r of the size along each axis, because with that stride an output pixel
    ///   meets only so many weights of each input channel. If the padding is a multiple of r, each pixel of
    ///   the small image becomes one patch of r pixels along each axis.
    ///
    /// A fill returns [`InitError::NoDistribution`] if the scheme has no distribution.
    ///
    /// Source: Aitken et al., "Checkerboard artifact free sub-pixel convolution", 2017.
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

    /// Divides the gain by √(2 `blocks`), for the last layer of each branch in a network of `blocks`
    /// residual blocks. The sum of all branches then keeps its variance.
    ///
    /// This is GPT-2's rule for its projections: `Init::normal(0.0, 0.02).residual(12)` for 12 blocks. It
    /// combines with [`gain`](Self::gain) in either order. With 0 blocks the gain is infinite, so a fill
    /// returns [`InitError::Gain`].
    ///
    /// Source: Radford et al., "Language models are unsupervised multitask learners", 2019.
    #[must_use]
    pub const fn residual(self, blocks: usize) -> Self {
        let gain = if !is_magnitude(self.gain) {
            self.gain
        } else if blocks == 0 {
            f32::INFINITY
        } else if is_lost(self.gain) {
            LOST
        } else {
            or_lost(self.gain / const_sqrt(2.0 * blocks as f32), self.gain)
        };
        Self { gain, ..self }
    }

    /// Multiplies every value by a gain, which is finite and not negative. Without this call it is 1.
    ///
    /// Several gains are multiplied, and so is the factor of [`residual`](Self::residual). Therefore their
    /// order makes no difference, except for rounding. A fill returns [`InitError::Gain`] if one of them is
    /// invalid or their product overflows, whatever the other gains are.
    ///
    /// The scheme keeps its own factor, such as He's √2. For an activation with a gain of its own, start
    /// from LeCun, as in `Init::lecun_normal().gain(1.53)`.
    ///
    /// ```
    /// use weight_init::Init;
    ///
    /// let init = Init::normal(0.0, 0.02);
    /// assert_eq!(init.gain(4.0).gain(0.5), init.gain(2.0));
    /// assert_eq!(init.residual(8).gain(4.0), init); // 4 ÷ √(2 × 8) = 1
    /// ```
    #[must_use]
    pub const fn gain(self, gain: f32) -> Self {
        let product = self.gain * gain;
        let gain = if !is_magnitude(self.gain) {
            // The first invalid gain stays, because a product with it could be valid again.
            self.gain
        } else if !is_magnitude(gain) {
            gain
        } else if product > 0.0 && (is_lost(self.gain) || is_lost(gain)) {
            LOST
        } else {
            or_lost(product, if gain < self.gain { gain } else { self.gain })
        };
        Self { gain, ..self }
    }

    /// Divides the variance by another fan. A scheme that takes no fan stays as it is.
    #[must_use]
    pub const fn mode(self, mode: FanMode) -> Self {
        match self.scheme {
            Scheme::VarianceScaling { scale, family, cut, .. } => {
                Self { scheme: Scheme::VarianceScaling { scale, mode, family, cut }, ..self }
            }
            Scheme::Fixed(_) | Scheme::Structured(_) => self,
        }
    }

    /// Truncates the normal of the scheme at ±`k` σ, where σ is its standard deviation before truncation. `k` is
    /// at least 1, or a fill returns [`InitError::Cut`].
    ///
    /// - A truncated scheme, such as [`he_truncated_normal`](Self::he_truncated_normal), keeps its standard
    ///   deviation after truncation. Only the cut moves from ±2 σ to ±`k` σ. See [`Cut::at`].
    /// - A normal one, such as [`normal`](Self::normal) or [`he_normal`](Self::he_normal), is cut off. Its
    ///   standard deviation is σ, so the one after truncation is smaller. PyTorch's `trunc_normal_` and Keras'
    ///   `TruncatedNormal` are given σ. See [`Cut::std_before`].
    /// - Any other scheme stays as it is.
    ///
    /// Another call replaces the cut. `k` = 8 and more, also infinity, cuts nothing off, because no value of a
    /// normal is farther away.
    ///
    /// A cut at ±3 σ shares 99.7 % of its values with the normal, and takes 1.15 times its instructions with
    /// AVX2. At ±1 σ it takes 3.8 times as many, because a third of the values are drawn again, one by one. At
    /// ±2 σ nothing is drawn again, because that cut has tables of its own.
    ///
    /// ```
    /// use weight_init::Init;
    ///
    /// // PyTorch: trunc_normal_(w, std=0.02, a=-0.06, b=0.06)
    /// const EMBEDDING: Init = Init::normal(0.0, 0.02).cut(3.0);
    /// assert_eq!(EMBEDDING.to_string(), "normal(std=0.02, cut=3.0)");
    /// ```
    #[must_use]
    pub const fn cut(self, k: f32) -> Self {
        let scheme = match self.scheme {
            Scheme::VarianceScaling { scale, mode, family, .. } => {
                let cut = match family {
                    Family::Normal => Cut::std_before(k),
                    Family::TruncatedNormal => Cut::at(k),
                    Family::Uniform => Cut::NONE,
                };
                Scheme::VarianceScaling { scale, mode, family, cut }
            }
            Scheme::Fixed(distribution) => Scheme::Fixed(distribution.truncated(k)),
            Scheme::Structured(_) => self.scheme,
        };
        Self { scheme, ..self }
    }

    /// Returns the distribution from which the values of a layer with this fan are drawn.
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
    /// Returns [`Gain`](InitError::Gain), [`Scale`](InitError::Scale), [`ZeroFan`](InitError::ZeroFan), an
    /// error of the distribution's own parameters (see [`Distribution::fill`]), or
    /// [`NoDistribution`](InitError::NoDistribution) for a structured scheme.
    pub fn distribution(&self, fan: Fan) -> Result<Distribution, InitError> {
        if self.is_special() { Err(InitError::NoDistribution) } else { self.plain(Ok(fan)) }
    }
}

/// A product of gains that underflows, as the smallest number above zero. It stays so whatever gain above zero
/// it is multiplied by, because its digits are lost. A fill then returns [`InitError::TooSmall`] and does not
/// write zeros.
const LOST: f32 = f32::from_bits(1);

const fn is_lost(gain: f32) -> bool {
    gain.to_bits() == LOST.to_bits()
}

/// Returns a product of gains, of which `smallest` is the smallest, or [`LOST`] if it underflows to zero.
const fn or_lost(product: f32, smallest: f32) -> f32 {
    if product == 0.0 && smallest > 0.0 { LOST } else { product }
}
