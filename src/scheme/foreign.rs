//! Schemes as PyTorch and Keras write them: `Init::from_torch("trunc_normal_(std=0.02)")`.
//!
//! A call has the syntax of Python, with arguments by name or by position. Each function is a row of a table
//! with its parameters, and a closure that makes the scheme from the arguments. Nothing is allocated.

use super::{
    activation::Activation,
    init::{Family, FanMode, Init},
    name::ParseInitError,
};
use crate::spelling::{near, same};

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

/// The functions of another library.
struct Library {
    name: &'static str,
    functions: &'static [Function],
    /// Whether the first argument by position is the tensor.
    takes_tensor: bool,
}

struct Function {
    /// The name by which errors call the function, and then its aliases.
    names: &'static [&'static str],
    parameters: &'static [&'static str],
    /// The scheme of the arguments.
    init: fn(&Arguments<'_>) -> Result<Init, ParseInitError>,
}

const fn function(
    names: &'static [&'static str],
    parameters: &'static [&'static str],
    init: fn(&Arguments<'_>) -> Result<Init, ParseInitError>,
) -> Function {
    Function { names, parameters, init }
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

/// The activations that PyTorch's `calculate_gain` knows. The slope of the leaky ReLU is its default there.
const NONLINEARITIES: [(&str, Activation); 12] = [
    ("linear", Activation::Linear),
    ("conv1d", Activation::Linear),
    ("conv2d", Activation::Linear),
    ("conv3d", Activation::Linear),
    ("conv_transpose1d", Activation::Linear),
    ("conv_transpose2d", Activation::Linear),
    ("conv_transpose3d", Activation::Linear),
    ("sigmoid", Activation::Sigmoid),
    ("tanh", Activation::Tanh),
    ("relu", Activation::Relu),
    ("selu", Activation::Selu),
    ("leaky_relu", LEAKY),
];

const LEAKY: Activation = Activation::LeakyRelu { slope: 0.01 };

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

const fn unsupported(reason: &'static str) -> ParseInitError {
    ParseInitError::Unsupported { reason }
}

/// Returns the scheme of a call.
fn call(library: &'static Library, text: &str) -> Result<Init, ParseInitError> {
    let text = text.trim();
    let (path, arguments) = match text.split_once(['(']) {
        None => (text, ""),
        Some((path, rest)) => (path, rest.strip_suffix([')']).ok_or(ParseInitError::Syntax)?),
    };
    let name = path.rsplit(['.']).next().unwrap_or(path).trim();
    let known = |function: &&Function| function.names.iter().any(|known| same(known, name));
    let Some(function) = library.functions.iter().find(known) else {
        let all = library.functions.iter().flat_map(|function| function.names).copied();
        return Err(ParseInitError::UnknownFunction {
            library: library.name,
            near: near(name, all),
        });
    };
    let arguments = Arguments::new(library, function, arguments)?;
    for (parameter, reason) in [
        ("seed", "`seed` is not supported, because the stream takes its place"),
        ("generator", "`generator` is not supported, because the stream takes its place"),
    ] {
        if arguments.text(parameter).is_some_and(|text| text != "None") {
            return Err(unsupported(reason));
        }
    }
    (function.init)(&arguments)
}

/// The largest number of parameters of a function.
const MOST: usize = 5;

/// The arguments of a call.
struct Arguments<'a> {
    function: &'static Function,
    /// The text of each parameter's value, in the order of the parameters.
    values: [Option<&'a str>; MOST],
}

impl<'a> Arguments<'a> {
    /// Assigns the arguments in the text to the parameters.
    fn new(
        library: &Library,
        function: &'static Function,
        text: &'a str,
    ) -> Result<Self, ParseInitError> {
        let scheme = function.names.first().unwrap_or(&"");
        let unknown = ParseInitError::Parameter { scheme, known: function.parameters };
        let mut values = [None; MOST];
        let (mut rest, mut by_position, mut by_name) = (text, 0, false);
        let mut may_be_tensor = library.takes_tensor;
        while !rest.trim().is_empty() {
            let (argument, after) = split(rest, &[',']).ok_or(ParseInitError::Syntax)?;
            rest = after.map_or("", |(_, rest)| rest);
            let is_first = core::mem::take(&mut may_be_tensor);
            let (parameter, value) = match keyword(argument) {
                Some(("tensor", _)) if is_first => continue,
                Some((name, value)) => {
                    by_name = true;
                    let named = function.parameters.iter().position(|known| *known == name);
                    (named.ok_or(unknown)?, value)
                }
                None if is_first && is_tensor(argument) => continue,
                None if by_name => return Err(ParseInitError::Syntax),
                None => {
                    by_position += 1;
                    (by_position - 1, argument)
                }
            };
            let known = parameter < function.parameters.len();
            let slot = values.get_mut(parameter).filter(|_| known).ok_or(unknown)?;
            if slot.replace(value.trim()).is_some() {
                return Err(unknown);
            }
        }
        Ok(Self { function, values })
    }

    /// Returns the text of a parameter's value.
    fn text(&self, name: &str) -> Option<&'a str> {
        let position = self.function.parameters.iter().position(|known| *known == name)?;
        self.values.get(position).copied().flatten()
    }

    fn number(&self, parameter: &'static str, default: f64) -> Result<f64, ParseInitError> {
        let expected = "a number such as 0.02, 1/3 or math.sqrt(5)";
        match self.text(parameter) {
            None => Ok(default),
            Some(text) => {
                number(text, DEEPEST).ok_or(ParseInitError::Value { parameter, expected })
            }
        }
    }

    fn float(&self, parameter: &'static str, default: f64) -> Result<f32, ParseInitError> {
        Ok(self.number(parameter, default)? as f32)
    }

    /// Returns the number of a parameter without a default.
    fn needed(&self, parameter: &'static str) -> Result<f32, ParseInitError> {
        let scheme = self.function.names.first().unwrap_or(&"");
        match self.text(parameter) {
            None => Err(ParseInitError::Missing { scheme, parameter }),
            Some(_) => self.float(parameter, 0.0),
        }
    }

    fn word<T: Copy>(
        &self,
        parameter: &'static str,
        words: &[(&str, T)],
        expected: &'static str,
        default: T,
    ) -> Result<T, ParseInitError> {
        match self.text(parameter) {
            None => Ok(default),
            Some(text) => find(words, text).ok_or(ParseInitError::Value { parameter, expected }),
        }
    }
}

/// Splits a text at the first of these characters that is neither in brackets nor in quotes. Returns what is
/// before it, and if there is one, the character and what is after it. Returns `None` if brackets or quotes
/// don't match.
#[allow(clippy::type_complexity, reason = "a tuple for one caller more would not be clearer")]
fn split<'a>(text: &'a str, at: &[char]) -> Option<(&'a str, Option<(char, &'a str)>)> {
    let (mut depth, mut quote) = (0_usize, None);
    for (i, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.checked_sub(1)?,
            (None, _) if depth == 0 && at.contains(&c) => {
                return Some((text.get(..i)?, Some((c, text.get(i + c.len_utf8()..)?))));
            }
            (None, _) => {}
        }
    }
    (depth == 0 && quote.is_none()).then_some((text, None))
}

/// Returns the name and the value of an argument that is given by name.
fn keyword(argument: &str) -> Option<(&str, &str)> {
    let (name, value) = argument.split_once(['='])?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.trim().chars().all(is_name).then_some((name.trim(), value))
}

/// Returns whether an argument is the name of a tensor, such as `self.fc[0].weight`, and not a number.
fn is_tensor(argument: &str) -> bool {
    let argument = argument.trim();
    argument.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && argument.chars().all(|c| c.is_ascii_alphanumeric() || "_.[]".contains(c))
}

/// Returns the value of a word, with or without quotes.
fn find<T: Copy>(words: &[(&str, T)], text: &str) -> Option<T> {
    let word = text.trim().trim_matches(['\'', '"']);
    words.iter().find(|(known, _)| same(known, word)).map(|&(_, value)| value)
}

/// The largest number of calls and brackets around a number.
const DEEPEST: u32 = 8;

/// Returns the value of numbers that are multiplied and divided.
fn number(text: &str, deepest: u32) -> Option<f64> {
    let deepest = deepest.checked_sub(1)?;
    let (mut product, mut operator, mut rest) = (1.0, '*', text);
    loop {
        let (factor, next) = split(rest, &['*', '/'])?;
        let value = signed(factor.trim(), deepest)?;
        product = if operator == '*' { product * value } else { product / value };
        let Some((following, after)) = next else { return Some(product) };
        (operator, rest) = (following, after);
    }
}

/// Returns the value of a number or a call, with or without a minus.
fn signed(text: &str, deepest: u32) -> Option<f64> {
    if let Some(text) = text.strip_prefix(['-']) {
        return factor(text.trim_start(), deepest).map(|value| -value);
    }
    factor(text, deepest)
}

fn factor(text: &str, deepest: u32) -> Option<f64> {
    let Some(inner) = text.strip_suffix([')']) else { return text.parse().ok() };
    let (path, inner) = inner.split_once(['('])?;
    match path.rsplit(['.']).next().unwrap_or(path).trim() {
        "" => number(inner, deepest),
        "sqrt" => number(inner, deepest).map(libm::sqrt),
        "calculate_gain" => {
            let (name, slope) = split(inner, &[','])?;
            let activation = find(&NONLINEARITIES, keyword(name).map_or(name, |(_, name)| name))?;
            let slope = slope.map(|(_, slope)| keyword(slope).map_or(slope, |(_, slope)| slope));
            Some(match (activation, slope) {
                (Activation::LeakyRelu { .. }, Some(slope)) => {
                    let slope = number(slope, deepest)? as f32;
                    Activation::LeakyRelu { slope }.gain().into()
                }
                _ => activation.gain().into(),
            })
        }
        _ => None,
    }
}
