//! Schemes as PyTorch and Keras write them: `Init::from_torch("trunc_normal_(std=0.02)")`.
//!
//! A call has the syntax of Python, with arguments by name or by position. Each function is a row of a table
//! with its parameters, and a closure that makes the scheme from the arguments. Nothing is allocated.

mod call;

use self::call::{Arguments, LEAKY, Library, NONLINEARITIES, call, function, unsupported};
use super::{
    activation::Activation,
    init::{Family, FanMode, Init},
    parse_error::ParseInitError,
};

impl Init {
    /// Returns the scheme of a function of `torch.nn.init`, given as a call in Python. It means what it means
    /// there, with PyTorch's defaults:
    ///
    /// | text | scheme |
    /// | --- | --- |
    /// | `kaiming_normal_` | `Init::he_normal()` |
    /// | `kaiming_uniform_(a=math.sqrt(5))` | `Init::pytorch_default()` |
    /// | `kaiming_normal_(w, mode="fan_out", nonlinearity="tanh")` | `Init::lecun_normal().gain(5.0 / 3.0).mode(FanMode::FanOut)` |
    /// | `nn.init.xavier_uniform_(fc.weight, gain=nn.init.calculate_gain("relu"))` | `Init::xavier_uniform().gain(SQRT_2)` |
    /// | `trunc_normal_(std=0.02)` | `Init::normal(0.0, 0.02)`, because the cut at ±2 is 100 standard deviations away |
    /// | `trunc_normal_(std=0.02, a=-0.04, b=0.04)` | `Init::normal(0.0, 0.02).cut(2.0)` |
    /// | `normal_(w, 0.0, 0.02)` | `Init::normal(0.0, 0.02)` |
    /// | `uniform_` | `Init::uniform(0.0, 1.0)` |
    ///
    /// All functions are known, with or without the last underscore and a module in front. The tensor may be
    /// left out. A number may be a product or quotient, and have `sqrt` or `calculate_gain` in it.
    ///
    /// The [fan](crate::guide::schemes#fans) is still that of the shape, which differs from PyTorch's for
    /// grouped and transposed layers.
    ///
    /// ```
    /// use weight_init::Init;
    ///
    /// let init = Init::from_torch("trunc_normal_(w, std=0.02, a=-0.06, b=0.06)")?;
    /// assert_eq!(init, Init::normal(0.0, 0.02).cut(3.0));
    /// assert_eq!(init.to_string(), "normal(std=0.02, cut=3.0)");
    /// # Ok::<(), weight_init::ParseInitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error for an unknown function or argument, for a cut that is not symmetric about the mean or
    /// closer than one standard deviation, and for a `generator`, because the stream takes its place.
    pub fn from_torch(text: &str) -> Result<Self, ParseInitError> {
        call(&TORCH, text)
    }

    /// Returns the scheme of a class of `keras.initializers`, given as a call in Python. It means what it means
    /// there, with Keras' defaults:
    ///
    /// | text | scheme |
    /// | --- | --- |
    /// | `HeNormal`, `he_normal` | `Init::he_truncated_normal()` |
    /// | `GlorotUniform()`, `glorot_uniform` | `Init::xavier_uniform()` |
    /// | `RandomNormal(stddev=0.02)` | `Init::normal(0.0, 0.02)` |
    /// | `TruncatedNormal(stddev=0.02)` | `Init::normal(0.0, 0.02).cut(2.0)`: `stddev` is the one before the cut |
    /// | `VarianceScaling(2.0, mode="fan_out")` | `Init::variance_scaling(2.0, FanMode::FanOut, Family::TruncatedNormal)` |
    /// | `keras.initializers.Orthogonal(gain=0.5)` | `Init::orthogonal().gain(0.5)` |
    ///
    /// All classes are known, also by their names in lower case, with or without a module in front.
    ///
    /// ```
    /// use weight_init::Init;
    ///
    /// assert_eq!(Init::from_keras("HeNormal")?, Init::he_truncated_normal());
    /// # Ok::<(), weight_init::ParseInitError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Returns an error for an unknown class or argument, and for a `seed` that is not `None`, because the
    /// stream takes its place.
    pub fn from_keras(text: &str) -> Result<Self, ParseInitError> {
        call(&KERAS, text)
    }
}

static TORCH: Library = Library {
    name: "torch.nn.init",
    functions: &[
        function(&["uniform_"], &["a", "b", "generator"], |a| {
            Ok(Init::uniform(a.float("a", 0.0)?, a.float("b", 1.0)?))
        }),
        function(&["normal_"], &["mean", "std", "generator"], |a| {
            Ok(Init::normal(a.float("mean", 0.0)?, a.float("std", 1.0)?))
        }),
        function(&["trunc_normal_"], &["mean", "std", "a", "b", "generator"], trunc_normal),
        function(&["constant_"], &["val"], |a| Ok(Init::constant(a.needed("val")?))),
        function(&["ones_"], &[], |_| Ok(Init::ones())),
        function(&["zeros_"], &[], |_| Ok(Init::zeros())),
        function(&["eye_"], &[], |_| Ok(Init::identity())),
        function(&["dirac_"], &["groups"], |a| {
            if a.number("groups", 1.0)? == 1.0 {
                return Ok(Init::dirac());
            }
            Err(unsupported(
                "`groups` is not supported, because the shape has them: see `Shape::grouped`",
            ))
        }),
        function(&["xavier_uniform_"], &["gain", "generator"], |a| {
            Ok(Init::xavier_uniform().gain(a.float("gain", 1.0)?))
        }),
        function(&["xavier_normal_"], &["gain", "generator"], |a| {
            Ok(Init::xavier_normal().gain(a.float("gain", 1.0)?))
        }),
        function(&["kaiming_uniform_"], KAIMING, |a| kaiming(a, Family::Uniform)),
        function(&["kaiming_normal_"], KAIMING, |a| kaiming(a, Family::Normal)),
        function(&["orthogonal_"], &["gain", "generator"], |a| {
            Ok(Init::orthogonal().gain(a.float("gain", 1.0)?))
        }),
        function(&["sparse_"], &["sparsity", "std", "generator"], |a| {
            Ok(Init::sparse(a.needed("sparsity")?, a.float("std", 0.01)?))
        }),
    ],
    takes_tensor: true,
};

const KAIMING: &[&str] = &["a", "mode", "nonlinearity", "generator"];

static KERAS: Library = Library {
    name: "keras.initializers",
    functions: &[
        function(&["Zeros", "zero"], &[], |_| Ok(Init::zeros())),
        function(&["Ones", "one"], &[], |_| Ok(Init::ones())),
        function(&["Constant"], &["value"], |a| Ok(Init::constant(a.float("value", 0.0)?))),
        function(&["RandomNormal", "normal"], &["mean", "stddev", "seed"], |a| {
            Ok(Init::normal(a.float("mean", 0.0)?, a.float("stddev", 0.05)?))
        }),
        function(&["RandomUniform", "uniform"], &["minval", "maxval", "seed"], |a| {
            Ok(Init::uniform(a.float("minval", -0.05)?, a.float("maxval", 0.05)?))
        }),
        function(&["TruncatedNormal"], &["mean", "stddev", "seed"], |a| {
            Ok(Init::normal(a.float("mean", 0.0)?, a.float("stddev", 0.05)?).cut(2.0))
        }),
        function(&["VarianceScaling"], &["scale", "mode", "distribution", "seed"], |a| {
            let mode = a.word("mode", &MODES, "fan_in, fan_out or fan_avg", FanMode::FanIn)?;
            let expected = "truncated_normal, untruncated_normal or uniform";
            let family = a.word("distribution", &FAMILIES, expected, Family::TruncatedNormal)?;
            Ok(Init::variance_scaling(a.float("scale", 1.0)?, mode, family))
        }),
        function(&["GlorotNormal", "xavier_normal"], &["seed"], |_| {
            Ok(Init::xavier_truncated_normal())
        }),
        function(&["GlorotUniform", "xavier_uniform"], &["seed"], |_| Ok(Init::xavier_uniform())),
        function(&["LecunNormal"], &["seed"], |_| Ok(Init::lecun_truncated_normal())),
        function(&["LecunUniform"], &["seed"], |_| Ok(Init::lecun_uniform())),
        function(&["HeNormal"], &["seed"], |_| Ok(Init::he_truncated_normal())),
        function(&["HeUniform"], &["seed"], |_| Ok(Init::he_uniform())),
        function(&["Orthogonal", "OrthogonalInitializer"], &["gain", "seed"], |a| {
            Ok(Init::orthogonal().gain(a.float("gain", 1.0)?))
        }),
        function(&["Identity", "IdentityInitializer"], &["gain"], |a| {
            Ok(Init::identity().gain(a.float("gain", 1.0)?))
        }),
    ],
    takes_tensor: false,
};

const MODES: [(&str, FanMode); 3] =
    [("fan_in", FanMode::FanIn), ("fan_out", FanMode::FanOut), ("fan_avg", FanMode::FanAvg)];

/// Keras takes `normal` for the truncated normal.
const FAMILIES: [(&str, Family); 4] = [
    ("truncated_normal", Family::TruncatedNormal),
    ("normal", Family::TruncatedNormal),
    ("untruncated_normal", Family::Normal),
    ("uniform", Family::Uniform),
];

fn kaiming(a: &Arguments<'_>, family: Family) -> Result<Init, ParseInitError> {
    let mode =
        a.word("mode", MODES.get(..2).unwrap_or_default(), "fan_in or fan_out", FanMode::FanIn)?;
    let slope = a.number("a", 0.0)?;
    let expected = "an activation such as 'relu', 'leaky_relu', 'tanh', 'selu' or 'linear'";
    let activation = a.word("nonlinearity", &NONLINEARITIES, expected, LEAKY)?;
    let scaled = |scale: f64| Init::variance_scaling(scale as f32, mode, family);
    Ok(match activation {
        Activation::Relu => scaled(2.0),
        Activation::LeakyRelu { .. } => scaled(2.0 / (1.0 + slope * slope)),
        _ => scaled(1.0).gain(activation.gain()),
    })
}

fn trunc_normal(a: &Arguments<'_>) -> Result<Init, ParseInitError> {
    /// No value of a normal is so many standard deviations away from the mean.
    const BEYOND_ALL: f64 = 8.0;
    let (mean, std) = (a.number("mean", 0.0)?, a.number("std", 1.0)?);
    let (low, high) = (a.number("a", -2.0)?, a.number("b", 2.0)?);
    let normal = Init::normal(mean as f32, std as f32);
    let (below, above) = ((mean - low) / std, (high - mean) / std);
    // A fill refuses a std that is negative or NaN.
    if std <= 0.0 || std.is_nan() || below >= BEYOND_ALL && above >= BEYOND_ALL {
        Ok(normal)
    } else if (below - above).abs() > 1e-6 * above || (below - above).is_nan() {
        Err(unsupported("`a` and `b` must be equally far from the mean, or at least 8 `std`"))
    } else if above < 1.0 {
        Err(unsupported("`a` and `b` must be at least one `std` from the mean"))
    } else {
        Ok(normal.cut(above as f32))
    }
}
