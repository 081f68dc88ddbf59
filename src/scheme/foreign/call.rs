//! A call in the syntax of Python: its function, its arguments, and the numbers and words in them.

use crate::{
    scheme::{activation::Activation, init::Init, parse_error::ParseInitError},
    spelling::{near, same},
};

/// The functions of another library.
pub(super) struct Library {
    pub(super) name: &'static str,
    pub(super) functions: &'static [Function],
    /// Whether the first argument by position is the tensor.
    pub(super) takes_tensor: bool,
}

pub(super) struct Function {
    /// The name by which errors call the function, and then its aliases.
    names: &'static [&'static str],
    parameters: &'static [&'static str],
    /// The scheme of the arguments.
    init: fn(&Arguments<'_>) -> Result<Init, ParseInitError>,
}

pub(super) const fn function(
    names: &'static [&'static str],
    parameters: &'static [&'static str],
    init: fn(&Arguments<'_>) -> Result<Init, ParseInitError>,
) -> Function {
    Function { names, parameters, init }
}

/// The activations that PyTorch's `calculate_gain` knows. The slope of the leaky ReLU is its default there.
pub(super) const NONLINEARITIES: [(&str, Activation); 12] = [
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

pub(super) const LEAKY: Activation = Activation::LeakyRelu { slope: 0.01 };

pub(super) const fn unsupported(reason: &'static str) -> ParseInitError {
    ParseInitError::Unsupported { reason }
}

/// Returns the scheme of a call.
pub(super) fn call(library: &'static Library, text: &str) -> Result<Init, ParseInitError> {
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
pub(super) struct Arguments<'a> {
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

    pub(super) fn number(
        &self,
        parameter: &'static str,
        default: f64,
    ) -> Result<f64, ParseInitError> {
        let expected = "a number such as 0.02, 1/3 or math.sqrt(5)";
        match self.text(parameter) {
            None => Ok(default),
            Some(text) => {
                number(text, DEEPEST).ok_or(ParseInitError::Value { parameter, expected })
            }
        }
    }

    pub(super) fn float(
        &self,
        parameter: &'static str,
        default: f64,
    ) -> Result<f32, ParseInitError> {
        Ok(self.number(parameter, default)? as f32)
    }

    /// Returns the number of a parameter without a default.
    pub(super) fn needed(&self, parameter: &'static str) -> Result<f32, ParseInitError> {
        let scheme = self.function.names.first().unwrap_or(&"");
        match self.text(parameter) {
            None => Err(ParseInitError::Missing { scheme, parameter }),
            Some(_) => self.float(parameter, 0.0),
        }
    }

    pub(super) fn word<T: Copy>(
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
