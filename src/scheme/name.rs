//! Schemes as text: `"he_normal(gain=0.5)".parse::<Init>()`, and back.
//!
//! A scheme has a name of its own, and some have PyTorch's or Keras' name as an alias. Case, underscores,
//! hyphens and spaces in a name don't count: `kaiming_normal_` and `KaimingNormal` are both `he_normal`. A name
//! always means the constructor of the same name. Where Keras and JAX use such a name for a truncated
//! scheme, the truncated one has another name here, such as `he_truncated_normal`. Names in the very spelling
//! of PyTorch or Keras that mean something else there are refused, and the error says both meanings. The module
//! [`foreign`](super::foreign) parses them as they are meant there.

use core::{fmt, str::FromStr};

use super::{
    init::{Family, FanMode, Init, Scheme},
    parse_error::ParseInitError,
    structured::{Structure, SubPixel},
};
use crate::{
    distribution::{Cut, Distribution},
    spelling::{near, same},
};

/// The names of a scheme and its defaults.
struct Row {
    /// The name by which the scheme is printed, and then its aliases.
    names: &'static [&'static str],
    /// The scheme with the default values of its parameters.
    init: Init,
    /// The parameters without a default.
    needs: &'static [&'static str],
}

/// All schemes that have a name.
const ROWS: [Row; 24] = {
    const fn row(names: &'static [&'static str], init: Init) -> Row {
        Row { names, init, needs: &[] }
    }
    const fn with(
        names: &'static [&'static str],
        init: Init,
        needs: &'static [&'static str],
    ) -> Row {
        Row { names, init, needs }
    }
    [
        row(&["zeros"], Init::zeros()),
        row(&["ones"], Init::ones()),
        with(&["constant"], Init::constant(0.0), &["value"]),
        with(&["normal", "random_normal"], Init::normal(0.0, 0.0), &["std"]),
        with(&["uniform", "random_uniform"], Init::uniform(0.0, 0.0), &["low", "high"]),
        with(&["truncated_normal"], Init::truncated_normal(0.0, 0.0), &["std"]),
        row(&["he_normal", "kaiming_normal"], Init::he_normal()),
        row(&["he_uniform", "kaiming_uniform"], Init::he_uniform()),
        row(&["he_truncated_normal", "kaiming_truncated_normal"], Init::he_truncated_normal()),
        row(&["xavier_normal", "glorot_normal"], Init::xavier_normal()),
        row(&["xavier_uniform", "glorot_uniform"], Init::xavier_uniform()),
        row(
            &["xavier_truncated_normal", "glorot_truncated_normal"],
            Init::xavier_truncated_normal(),
        ),
        row(&["lecun_normal"], Init::lecun_normal()),
        row(&["lecun_uniform"], Init::lecun_uniform()),
        row(&["lecun_truncated_normal"], Init::lecun_truncated_normal()),
        row(&["pytorch_default"], Init::pytorch_default()),
        // The last row that scales its variance, because `Init::row` falls back to it if no other fits.
        with(
            &["variance_scaling"],
            Init::variance_scaling(1.0, FanMode::FanIn, Family::Normal),
            &["scale", "mode", "family"],
        ),
        row(&["orthogonal"], Init::orthogonal()),
        row(&["delta_orthogonal"], Init::delta_orthogonal()),
        row(&["identity", "eye"], Init::identity()),
        row(&["dirac"], Init::dirac()),
        row(&["bilinear"], Init::bilinear()),
        with(&["sparse"], Init::sparse(0.0, 0.01), &["sparsity"]),
        row(&["gates"], Init::gates([0.0; 4])),
    ]
};

/// Names in the spelling of PyTorch or Keras that mean another scheme there than the same letters do here: the
/// name, the name here, the call for the other library, and its scheme.
const TWO_MEANINGS: [[&str; 4]; 6] = [
    ["HeNormal", "he_normal", "Init::from_keras(\"HeNormal\")", "he_truncated_normal"],
    [
        "GlorotNormal",
        "glorot_normal",
        "Init::from_keras(\"GlorotNormal\")",
        "xavier_truncated_normal",
    ],
    ["LecunNormal", "lecun_normal", "Init::from_keras(\"LecunNormal\")", "lecun_truncated_normal"],
    [
        "TruncatedNormal",
        "truncated_normal(std=…)",
        "Init::from_keras(\"TruncatedNormal(stddev=…)\")",
        "normal(std=…, cut=2)",
    ],
    [
        "trunc_normal_",
        "truncated_normal(std=…)",
        "Init::from_torch(\"trunc_normal_(std=…)\")",
        "normal(std=…, cut=…)",
    ],
    [
        "trunc_normal",
        "truncated_normal(std=…)",
        "Init::from_torch(\"trunc_normal_(std=…)\")",
        "normal(std=…, cut=…)",
    ],
];

/// The words for the modes.
const MODES: [(&str, FanMode); 4] = [
    ("fan_in", FanMode::FanIn),
    ("fan_out", FanMode::FanOut),
    ("fan_avg", FanMode::FanAvg),
    ("fan_geo_avg", FanMode::FanGeoAvg),
];

/// The words for the families. A family is printed by its first word.
const FAMILIES: [(&str, Family); 4] = [
    ("normal", Family::Normal),
    ("truncated_normal", Family::TruncatedNormal),
    ("uniform", Family::Uniform),
    ("untruncated_normal", Family::Normal),
];

/// The words for the orders of sub-pixels.
const ORDERS: [(&str, SubPixel); 2] =
    [("pixel_shuffle", SubPixel::PixelShuffle), ("depth_to_space", SubPixel::DepthToSpace)];

/// A reference to the value of a parameter.
enum Value<'a> {
    Number(&'a mut f32),
    Mode(&'a mut FanMode),
    Family(&'a mut Family, &'a mut Cut),
    Upscale(&'a mut Option<(usize, SubPixel)>),
    Order(&'a mut Option<(usize, SubPixel)>),
}

impl Init {
    /// Returns the names of the scheme's parameters, in the order in which they are printed. `needs` are
    /// the parameters without a default; if there are none, as for `ones`, the name determines the value.
    fn parameters(&self, needs: &[&str]) -> &'static [&'static str] {
        match self.scheme {
            Scheme::Fixed(Distribution::Constant { .. }) if needs.is_empty() => {
                &["gain", "icnr", "order"]
            }
            Scheme::Fixed(Distribution::Constant { .. }) => &["value", "gain", "icnr", "order"],
            Scheme::Fixed(Distribution::Uniform { .. }) => {
                &["low", "high", "gain", "icnr", "order"]
            }
            Scheme::Fixed(_) => &["mean", "std", "cut", "gain", "icnr", "order"],
            Scheme::VarianceScaling { family: Family::Uniform, .. } if needs.is_empty() => {
                &["mode", "gain", "icnr", "order"]
            }
            Scheme::VarianceScaling { .. } if needs.is_empty() => {
                &["mode", "cut", "gain", "icnr", "order"]
            }
            Scheme::VarianceScaling { .. } => {
                &["scale", "mode", "family", "cut", "gain", "icnr", "order"]
            }
            Scheme::Structured(Structure::Sparse { .. }) => {
                &["sparsity", "std", "gain", "icnr", "order"]
            }
            Scheme::Structured(Structure::Gates { .. }) => {
                &["first", "second", "third", "fourth", "gain", "icnr", "order"]
            }
            Scheme::Structured(_) => &["gain", "icnr", "order"],
        }
    }

    /// Returns a reference to the value of a parameter, or `None` if the scheme does not have it.
    fn parameter(&mut self, name: &str) -> Option<Value<'_>> {
        Some(match (&mut self.scheme, name) {
            (_, "gain") => Value::Number(&mut self.gain),
            (_, "icnr") => Value::Upscale(&mut self.icnr),
            (_, "order") => Value::Order(&mut self.icnr),
            (Scheme::Fixed(Distribution::Constant { value }), "value")
            | (
                Scheme::Fixed(
                    Distribution::Normal { mean: value, .. }
                    | Distribution::TruncatedNormal { mean: value, .. },
                ),
                "mean",
            )
            | (
                Scheme::Fixed(
                    Distribution::Normal { std: value, .. }
                    | Distribution::TruncatedNormal { std: value, .. },
                )
                | Scheme::Structured(Structure::Sparse { std: value, .. }),
                "std",
            )
            | (Scheme::Fixed(Distribution::Uniform { low: value, .. }), "low")
            | (Scheme::Fixed(Distribution::Uniform { high: value, .. }), "high")
            | (Scheme::VarianceScaling { scale: value, .. }, "scale")
            | (Scheme::Structured(Structure::Sparse { sparsity: value, .. }), "sparsity")
            | (Scheme::Structured(Structure::Gates { constants: [value, ..] }), "first")
            | (Scheme::Structured(Structure::Gates { constants: [_, value, ..] }), "second")
            | (Scheme::Structured(Structure::Gates { constants: [.., value, _] }), "third")
            | (Scheme::Structured(Structure::Gates { constants: [.., value] }), "fourth") => {
                Value::Number(value)
            }
            (Scheme::VarianceScaling { mode, .. }, "mode") => Value::Mode(mode),
            (Scheme::VarianceScaling { family, cut, .. }, "family") => Value::Family(family, cut),
            _ => return None,
        })
    }

    /// Returns at how many standard deviations the scheme cuts a normal off, and at how many unless
    /// [`cut`](Self::cut) says otherwise. The second is infinite if the scheme cuts nothing off, and the result
    /// is `None` if it has nothing to cut.
    fn cut_and_default(&self) -> Option<(f32, f32)> {
        let (cut, default) = match self.scheme {
            Scheme::VarianceScaling { family: Family::Uniform, .. } => return None,
            Scheme::VarianceScaling { family, cut, .. } => (cut, family.cut()),
            Scheme::Fixed(Distribution::TruncatedNormal { cut, .. }) if !cut.is_std_before() => {
                (cut, Cut::TWO)
            }
            Scheme::Fixed(Distribution::TruncatedNormal { cut, .. }) => (cut, Cut::NONE),
            Scheme::Fixed(Distribution::Normal { .. }) => (Cut::NONE, Cut::NONE),
            Scheme::Fixed(_) | Scheme::Structured(_) => return None,
        };
        Some((cut.sigmas(), default.sigmas()))
    }

    /// Returns the row under whose name the scheme is printed. Prefers a name whose default mode matches.
    /// Otherwise takes a name that matches except for the mode, and finally `variance_scaling`.
    fn row(&self) -> Row {
        let like = |row: &Row, with_mode: bool| match (row.init.scheme, self.scheme) {
            (
                Scheme::VarianceScaling { scale, mode, family, .. },
                Scheme::VarianceScaling {
                    scale: own_scale,
                    mode: own_mode,
                    family: own_family,
                    ..
                },
            ) => {
                let same = scale == own_scale && family == own_family;
                let named = same && (mode == own_mode || !with_mode);
                named || (!with_mode && row.names == ["variance_scaling"])
            }
            (Scheme::Fixed(Distribution::Constant { value }), Scheme::Fixed(own)) => {
                matches!(own, Distribution::Constant { value: own }
                    if own.to_bits() == value.to_bits() || row.names == ["constant"])
            }
            (Scheme::Fixed(one), Scheme::Fixed(other)) => {
                // A normal that was cut off is printed as a normal with a cut.
                let (one, other) = (one.truncated(f32::INFINITY), other.truncated(f32::INFINITY));
                core::mem::discriminant(&one) == core::mem::discriminant(&other)
            }
            (
                Scheme::Structured(one @ (Structure::Sparse { .. } | Structure::Gates { .. })),
                Scheme::Structured(other),
            ) => core::mem::discriminant(&one) == core::mem::discriminant(&other),
            (Scheme::Structured(one), Scheme::Structured(other)) => one == other,
            _ => false,
        };
        let [first, ..] = ROWS;
        let find = |with_mode| ROWS.into_iter().find(|row| like(row, with_mode));
        find(true).or_else(|| find(false)).unwrap_or(first)
    }
}

/// Prints the name of the scheme, and in brackets each parameter that differs from its default. The text
/// parses back to the same scheme.
///
/// This also holds for a scheme that no fill accepts, such as `identity(icnr=2)` or `he_normal(gain=NaN)`.
/// (A NaN parses back to a NaN, which is not equal to itself.)
impl fmt::Display for Init {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Row { names, init: mut plain, needs }, mut own) = (self.row(), *self);
        f.write_str(names.first().unwrap_or(&""))?;
        let mut open = "(";
        for name in self.parameters(needs) {
            if let ("cut", Some((cut, default))) = (*name, own.cut_and_default())
                && cut.to_bits() != default.to_bits()
            {
                write!(f, "{open}{name}={cut:?}")?;
                open = ", ";
            }
            let (Some(value), Some(plain)) = (own.parameter(name), plain.parameter(name)) else {
                continue;
            };
            let needed = needs.contains(name);
            match (value, plain) {
                // By bits, so that −0 is printed too.
                (Value::Number(value), Value::Number(plain))
                    if needed || value.to_bits() != plain.to_bits() =>
                {
                    write!(f, "{open}{name}={value:?}")?;
                }
                (Value::Mode(value), Value::Mode(plain)) if needed || value != plain => {
                    write!(f, "{open}{name}={}", word(&MODES, *value))?;
                }
                (Value::Family(value, _), Value::Family(..)) => {
                    write!(f, "{open}{name}={}", word(&FAMILIES, *value))?;
                }
                (Value::Upscale(Some((upscale, _))), _) => {
                    write!(f, "{open}{name}={upscale}")?;
                }
                (Value::Order(Some((_, order))), _) if *order != SubPixel::PixelShuffle => {
                    write!(f, "{open}{name}={}", word(&ORDERS, *order))?;
                }
                _ => continue,
            }
            open = ", ";
        }
        f.write_str(if open == "(" { "" } else { ")" })
    }
}

/// Returns the word for a value.
fn word<T: PartialEq + Copy>(words: &[(&'static str, T)], value: T) -> &'static str {
    words.iter().find(|(_, it)| *it == value).map_or("", |(word, _)| word)
}

/// Parses the name of a scheme and its parameters. A name always means the constructor of the same name, in any
/// spelling: `he_normal` and `He-Normal` are [`Init::he_normal`]. Keras and JAX use that name for
/// [`Init::he_truncated_normal`].
///
/// Names that mean something else in the spelling of Keras or PyTorch are refused, and the error says both
/// meanings: `HeNormal`, `GlorotNormal`, `LecunNormal`, `TruncatedNormal` and `trunc_normal_`.
/// [`Init::from_keras`] and [`Init::from_torch`] parse them as they are meant there.
///
/// ```
/// use weight_init::{FanMode, Init};
///
/// let init: Init = "kaiming_normal(mode=fan_out)".parse()?;
/// assert_eq!(init, Init::he_normal().mode(FanMode::FanOut));
/// assert_eq!(init.to_string(), "he_normal(mode=fan_out)");
///
/// let error = "he_nomal".parse::<Init>().unwrap_err();
/// assert_eq!(error.to_string(), "unknown scheme: did you mean `he_normal`?");
/// # Ok::<(), weight_init::ParseInitError>(())
/// ```
impl FromStr for Init {
    type Err = ParseInitError;

    fn from_str(text: &str) -> Result<Self, ParseInitError> {
        let text = text.trim();
        let (name, parameters) = match text.split_once(['(']) {
            None => (text, ""),
            Some((name, rest)) => (name, rest.strip_suffix([')']).ok_or(ParseInitError::Syntax)?),
        };
        if let Some([name, here, call, there]) =
            TWO_MEANINGS.into_iter().find(|[known, ..]| *known == name.trim())
        {
            return Err(ParseInitError::TwoMeanings { name, here, call, there });
        }
        let named = |row: &Row| row.names.iter().any(|known| same(known, name));
        let Some(Row { names, mut init, needs }) = ROWS.into_iter().find(named) else {
            let all = ROWS.iter().flat_map(|row| row.names).copied();
            return Err(ParseInitError::UnknownName { near: near(name, all) });
        };
        let scheme = names.first().unwrap_or(&"");
        let known = init.parameters(needs);
        let unknown = ParseInitError::Parameter { scheme, known };
        let (mut given, mut cut) = (0_u32, None);
        for part in parameters.split([',']).map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once(['=']).ok_or(ParseInitError::Syntax)?;
            if name.trim() == "distribution" && same(value, "normal") {
                return Err(ParseInitError::TwoMeanings {
                    name: "distribution=normal",
                    here: "family=normal",
                    call: "Init::from_keras(\"VarianceScaling(distribution='normal')\")",
                    there: "family=truncated_normal",
                });
            }
            // Keras' names for parameters.
            let name = match name.trim() {
                "distribution" => "family",
                "stddev" => "std",
                "minval" => "low",
                "maxval" => "high",
                name => name,
            };
            let position = known.iter().position(|known| *known == name).ok_or(unknown)?;
            let parameter = known.get(position).ok_or(unknown)?;
            if given >> position & 1 == 1 {
                return Err(unknown);
            }
            given |= 1 << position;
            if name == "cut" {
                // It is applied last, because a family could follow.
                set(Value::Number(cut.insert(0.0)), parameter, value.trim())?;
                continue;
            }
            set(init.parameter(name).ok_or(unknown)?, parameter, value.trim())?;
        }
        let was_given = |parameter| {
            let position = known.iter().position(|known| *known == parameter);
            position.is_some_and(|position| given >> position & 1 == 1)
        };
        // An order has no effect without an upscale.
        let needs_icnr: &[_] = if was_given("order") { &["icnr"] } else { &[] };
        for &parameter in needs.iter().chain(needs_icnr) {
            if !was_given(parameter) {
                return Err(ParseInitError::Missing { scheme, parameter });
            }
        }
        match cut {
            Some(_) if init.cut_and_default().is_none() => Err(unknown),
            Some(k) => Ok(init.cut(k)),
            None => Ok(init),
        }
    }
}

/// Returns the number that a text stands for. A number that is rounded to zero although it is not zero is none.
fn parse_number(text: &str) -> Option<f32> {
    let number: f32 = text.parse().ok()?;
    let digits = text.split(['e', 'E']).next().unwrap_or_default();
    let is_lost = number == 0.0 && digits.contains(|c| matches!(c, '1'..='9'));
    if is_lost { None } else { Some(number) }
}

/// Sets a parameter to the value that the text stands for.
fn set(parameter: Value<'_>, name: &'static str, text: &str) -> Result<(), ParseInitError> {
    let error = |expected| ParseInitError::Value { parameter: name, expected };
    match parameter {
        Value::Number(number) => *number = parse_number(text).ok_or(error("a number"))?,
        Value::Mode(mode) => {
            *mode = find(&MODES, text).ok_or(error("fan_in, fan_out, fan_avg or fan_geo_avg"))?;
        }
        Value::Family(family, cut) => {
            *family = find(&FAMILIES, text).ok_or(error("normal, truncated_normal or uniform"))?;
            *cut = family.cut();
        }
        Value::Upscale(icnr) => {
            let upscale = text.parse().map_err(|_| error("a whole number above 0"))?;
            *icnr = Some((upscale, icnr.map_or(SubPixel::PixelShuffle, |(_, order)| order)));
        }
        Value::Order(icnr) => {
            let order = find(&ORDERS, text).ok_or(error("pixel_shuffle or depth_to_space"))?;
            *icnr = Some((icnr.map_or(0, |(upscale, _)| upscale), order));
        }
    }
    Ok(())
}

/// Returns the value for a word.
fn find<T: Copy>(words: &[(&str, T)], text: &str) -> Option<T> {
    words.iter().find(|(word, _)| same(word, text)).map(|&(_, value)| value)
}

#[cfg(feature = "serde")]
mod serialised {
    use core::fmt;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    use crate::scheme::init::Init;

    /// Serialises the scheme as the text that it prints, with feature `serde`.
    impl Serialize for Init {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(self)
        }
    }

    /// Deserialises the scheme by parsing a text, with feature `serde`.
    impl<'de> Deserialize<'de> for Init {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct Text;

            impl de::Visitor<'_> for Text {
                type Value = Init;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("the name of a scheme, as in \"he_normal(gain=0.5)\"")
                }

                fn visit_str<E: de::Error>(self, text: &str) -> Result<Init, E> {
                    text.parse().map_err(E::custom)
                }
            }

            deserializer.deserialize_str(Text)
        }
    }
}
