//! The family of schemes: from a fan to the distribution of the weights.

use core::mem::MaybeUninit;

use crate::{Backend, Distribution, Fan, InitError, Shape, Stream, backend::sqrt};

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
}

/// A way to start a layer's weights.
///
/// The schemes that scale their variance with the fan are, with gain *g* (1 unless set):
///
/// | constructor | variance | fan, unless [`mode`](Self::mode) says otherwise |
/// | --- | --- | --- |
/// | [`he_normal`](Self::he_normal), [`he_uniform`](Self::he_uniform) | g² · 2 / fan | fan_in |
/// | [`xavier_normal`](Self::xavier_normal), [`xavier_uniform`](Self::xavier_uniform) | g² · 1 / fan | (fan_in + fan_out) / 2 |
/// | [`lecun_normal`](Self::lecun_normal), [`lecun_uniform`](Self::lecun_uniform) | g² · 1 / fan | fan_in |
///
/// The normal ones have a mean of 0 and std = √variance, the uniform ones lie within
/// ±bound = √(3 · variance). Each is computed in `f32` in this order, with the scale s = 2 or 1:
/// std = g × √(s ÷ n), bound = g × √(3s ÷ n), and for the mean of both fans
/// n = ½ × (fan_in + fan_out).
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
    scheme: Scheme,
    gain: f32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Scheme {
    /// Takes no fan.
    Fixed(Distribution),
    /// Variance `scale / fan`.
    VarianceScaling { scale: f32, mode: FanMode, uniform: bool },
}

impl Init {
    const fn fixed(distribution: Distribution) -> Self {
        Self { scheme: Scheme::Fixed(distribution), gain: 1.0 }
    }

    const fn scaled(scale: f32, mode: FanMode, uniform: bool) -> Self {
        Self { scheme: Scheme::VarianceScaling { scale, mode, uniform }, gain: 1.0 }
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
        Self::scaled(2.0, FanMode::FanIn, false)
    }

    /// He: uniform within ±√(6 / fan_in). As [`he_normal`](Self::he_normal).
    #[doc(alias = "kaiming_uniform")]
    #[must_use]
    pub const fn he_uniform() -> Self {
        Self::scaled(2.0, FanMode::FanIn, true)
    }

    /// Xavier: normal with std = √(2 / (fan_in + fan_out)), for layers under tanh and for those
    /// without an activation.
    ///
    /// Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural
    /// networks", 2010. Keras and JAX truncate theirs.
    #[doc(alias = "glorot_normal")]
    #[must_use]
    pub const fn xavier_normal() -> Self {
        Self::scaled(1.0, FanMode::FanAvg, false)
    }

    /// Xavier: uniform within ±√(6 / (fan_in + fan_out)).
    /// As [`xavier_normal`](Self::xavier_normal).
    #[doc(alias = "glorot_uniform")]
    #[must_use]
    pub const fn xavier_uniform() -> Self {
        Self::scaled(1.0, FanMode::FanAvg, true)
    }

    /// LeCun: normal with std = √(1 / fan_in), for SELU, and for inputs of unit variance.
    ///
    /// LeCun, Bottou, Orr & Müller, "Efficient BackProp", 1998. Keras and JAX truncate theirs.
    #[must_use]
    pub const fn lecun_normal() -> Self {
        Self::scaled(1.0, FanMode::FanIn, false)
    }

    /// LeCun: uniform within ±√(3 / fan_in). As [`lecun_normal`](Self::lecun_normal).
    #[must_use]
    pub const fn lecun_uniform() -> Self {
        Self::scaled(1.0, FanMode::FanIn, true)
    }

    /// Multiplies every value by a gain, finite and not negative; 1 unless set.
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
            Scheme::VarianceScaling { scale, uniform, .. } => {
                Self { scheme: Scheme::VarianceScaling { scale, mode, uniform }, ..self }
            }
            Scheme::Fixed(_) => self,
        }
    }

    /// What the values of a layer with this fan are drawn from.
    ///
    /// This is the way to a bias that follows the fan of its weights:
    ///
    /// ```
    /// use weight_init::{Distribution, Init, Shape, Stream};
    ///
    /// let fan = Shape::dense(300, 10).fan()?;
    /// let like_the_weights = Init::lecun_uniform().distribution(fan)?;
    /// assert_eq!(like_the_weights, Distribution::Uniform { low: -0.1, high: 0.1 });
    ///
    /// let mut bias = [0.0; 10];
    /// like_the_weights.fill(Stream::new(42).named("fc.bias"), 0, &mut bias)?;
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Gain`](InitError::Gain), [`ZeroFan`](InitError::ZeroFan), and what the distribution itself
    /// does not admit.
    pub fn distribution(&self, fan: Fan) -> Result<Distribution, InitError> {
        self.resolve(Ok(fan))
    }

    /// Fills a tensor.
    ///
    /// Every call with the same scheme, stream and shape writes the same bits, on every machine.
    ///
    /// # Errors
    ///
    /// The slice's length must be [`shape.len()`](Shape::len), and the scheme, the shape and the
    /// gain must be sound. On an error nothing was written.
    pub fn fill(&self, stream: Stream, shape: &Shape, out: &mut [f32]) -> Result<(), InitError> {
        self.fill_with(Backend::detect(), stream, shape, out)
    }

    /// [`fill`](Self::fill) with a backend of one's choice: the same bits, for tests and benches.
    ///
    /// ```
    /// use weight_init::{Backend, Init, Shape, Stream};
    ///
    /// let (stream, shape) = (Stream::new(42), Shape::dense(784, 100));
    /// let mut expected = vec![0.0; shape.try_len()?];
    /// Init::he_normal().fill(stream, &shape, &mut expected)?;
    /// for backend in Backend::available() {
    ///     let mut weights = vec![0.0; shape.try_len()?];
    ///     Init::he_normal().fill_with(backend, stream, &shape, &mut weights)?;
    ///     assert_eq!(weights, expected, "{backend}");
    /// }
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`fill`](Self::fill).
    pub fn fill_with(
        &self,
        backend: Backend,
        stream: Stream,
        shape: &Shape,
        out: &mut [f32],
    ) -> Result<(), InitError> {
        self.whole(shape, out.len())?.checked(backend, stream, 0).write(out);
        Ok(())
    }

    /// [`fill`](Self::fill) for memory that is not initialised yet: so that it is touched once.
    /// The slice that is returned is the one that was given.
    ///
    /// # Errors
    ///
    /// As [`fill`](Self::fill).
    pub fn fill_uninit<'a>(
        &self,
        stream: Stream,
        shape: &Shape,
        out: &'a mut [MaybeUninit<f32>],
    ) -> Result<&'a mut [f32], InitError> {
        Ok(self.whole(shape, out.len())?.checked(Backend::detect(), stream, 0).write_uninit(out))
    }

    /// What a slice of that length is filled from, if the shape has that length.
    pub(crate) fn whole(&self, shape: &Shape, given: usize) -> Result<Distribution, InitError> {
        let expected = shape.try_len()?;
        if expected != given {
            return Err(InitError::WrongLength { expected, given });
        }
        self.resolve(shape.fan())
    }

    /// Fills the part of a tensor that begins at the flat index `start`: a shard, a flash page.
    /// It has the bits that [`fill`](Self::fill) writes there.
    ///
    /// Every call seeds the lanes of the blocks (4096 values) that it touches, and steps them to
    /// where it begins. Whole blocks cost nothing extra; pages of 64 values cost several times as
    /// much per value: 7 times on x86-64, 4 to 9 times on microcontrollers. A [`Plan`](crate::Plan) gives
    /// its pages in turn for less.
    ///
    /// ```
    /// use weight_init::{Init, Shape, Stream};
    ///
    /// let (stream, shape) = (Stream::new(42), Shape::dense(784, 100));
    /// let mut whole = vec![0.0; shape.try_len()?];
    /// Init::he_normal().fill(stream, &shape, &mut whole)?;
    ///
    /// let mut page = [0.0; 64];
    /// Init::he_normal().fill_range(stream, &shape, 10_000, &mut page)?;
    /// assert_eq!(page, whole[10_000..10_064]);
    /// # Ok::<(), weight_init::InitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The range must end within the shape, and the scheme, the shape and the gain must be sound.
    /// On an error nothing was written.
    pub fn fill_range(
        &self,
        stream: Stream,
        shape: &Shape,
        start: u64,
        out: &mut [f32],
    ) -> Result<(), InitError> {
        let (end, given) = (shape.try_len()?, out.len());
        let room = (end as u64).checked_sub(start);
        if room.is_none_or(|room| room < given as u64) {
            return Err(InitError::RangePastEnd { start, given, end });
        }
        self.resolve(shape.fan())?.checked(Backend::detect(), stream, start).write(out);
        Ok(())
    }

    /// The fan is looked at only by schemes that need it: a bias has none, and wants zeros.
    pub(crate) fn resolve(&self, fan: Result<Fan, InitError>) -> Result<Distribution, InitError> {
        let gain = self.gain;
        if !(gain >= 0.0 && gain.is_finite()) {
            return Err(InitError::Gain { given: gain });
        }
        let distribution = match self.scheme {
            Scheme::Fixed(distribution) => {
                distribution.check()?;
                distribution.times(gain)
            }
            Scheme::VarianceScaling { scale, mode, uniform } => {
                let fan = divisor(fan?, mode)?;
                if uniform {
                    let bound = gain * sqrt(3.0 * scale / fan);
                    Distribution::Uniform { low: -bound, high: bound }
                } else {
                    Distribution::Normal { mean: 0.0, std: gain * sqrt(scale / fan) }
                }
            }
        };
        distribution.check()?;
        Ok(distribution)
    }
}

/// What the variance is divided by: not zero.
fn divisor(fan: Fan, mode: FanMode) -> Result<f32, InitError> {
    let Fan { fan_in, fan_out } = fan;
    let (divisor, zero) = match mode {
        FanMode::FanIn => (fan_in as f32, fan_in == 0),
        FanMode::FanOut => (fan_out as f32, fan_out == 0),
        FanMode::FanAvg => (0.5 * (fan_in as f32 + fan_out as f32), fan_in == 0 || fan_out == 0),
    };
    if zero { Err(InitError::ZeroFan { fan_in, fan_out }) } else { Ok(divisor) }
}
