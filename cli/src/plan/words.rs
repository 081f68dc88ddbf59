//! Schemes and activations as they are written in a plan.

use weight_init::{Activation, Init, ParseInitError};

/// Returns the scheme of a text: a scheme of the crate such as `he_normal(gain=0.5)`, or a call with the module of
/// PyTorch or Keras in front, such as `nn.init.trunc_normal_(std=0.02)`, which means what it means there.
pub(super) fn parse_init(text: &str) -> Result<Init, String> {
    let text = text.trim();
    let begins = |module: &str| text.starts_with(module);
    let parsed = if ["torch.", "nn.init.", "init."].into_iter().any(begins) {
        Init::from_torch(text)
    } else if ["keras.", "tf.keras.", "tf.initializers."].into_iter().any(begins) {
        Init::from_keras(text)
    } else {
        text.parse()
    };
    parsed.map_err(|error| match error {
        ParseInitError::TwoMeanings { name, here, call, there } => {
            let module = if call.contains("torch") { "nn.init" } else { "keras.initializers" };
            let call = call.split('"').nth(1).unwrap_or(name);
            format!(
                "`{name}` has two meanings: write `{here}`, or `{module}.{call}`, which is `{there}`"
            )
        }
        error => error.to_string(),
    })
}

/// The activations without a parameter.
const ACTIVATIONS: [(&str, Activation); 12] = [
    ("linear", Activation::Linear),
    ("identity", Activation::Linear),
    ("sigmoid", Activation::Sigmoid),
    ("tanh", Activation::Tanh),
    ("relu", Activation::Relu),
    ("selu", Activation::Selu),
    ("gelu", Activation::Gelu),
    ("silu", Activation::Silu),
    ("swish", Activation::Silu),
    ("mish", Activation::Mish),
    ("elu", Activation::Elu),
    ("softplus", Activation::Softplus),
];

/// Returns the activation of a text. Case and underscores don't count, so that `LeakyReLU` and `leaky_relu` are the
/// same.
pub(super) fn parse_activation(text: &str) -> Result<Activation, String> {
    let letters = |text: &str| text.replace('_', "").to_ascii_lowercase();
    let (name, arguments) = match text.trim().split_once('(') {
        Some((name, rest)) => (name.trim_end(), rest.strip_suffix(')')),
        None => (text.trim(), None),
    };
    if letters(name) == "leakyrelu" {
        let slope = arguments.and_then(|text| {
            let value = text.split_once('=').map_or(text, |(_, value)| value);
            let is_slope = text
                .split_once('=')
                .is_none_or(|(name, _)| ["slope", "negative_slope", "a"].contains(&name.trim()));
            value.trim().parse().ok().filter(|_| is_slope)
        });
        return slope.map(|slope| Activation::LeakyRelu { slope }).ok_or_else(|| {
            "`leaky_relu` needs a slope, as in `leaky_relu(slope=0.01)`: 0.01 is PyTorch's default, 0.3 Keras'"
                .to_owned()
        });
    }
    let known = ACTIVATIONS.into_iter().find(|(known, _)| *known == letters(name));
    match known {
        Some((_, activation)) if !text.contains('(') => Ok(activation),
        Some((known, _)) => Err(format!("`{known}` takes no parameter")),
        None => {
            let names: Vec<_> = ACTIVATIONS.into_iter().map(|(name, _)| name).collect();
            Err(format!(
                "unknown activation: expected `leaky_relu(slope=…)`, `{}`",
                names.join("`, `")
            ))
        }
    }
}

/// The keys of a plan and of its layers.
const KEYS: [&str; 22] = [
    "activation",
    "bias",
    "conv1d",
    "conv2d",
    "conv3d",
    "dense",
    "depthwise2d",
    "embedding",
    "fan",
    "groups",
    "init",
    "layer",
    "layout",
    "name",
    "norm",
    "packed",
    "repeat",
    "residual",
    "shape",
    "stacked",
    "tensor",
    "transposed",
];

/// Keys under the names of other libraries. Case and underscores don't count.
const OTHER_KEYS: [(&str, &str); 20] = [
    ("batchnorm", "norm"),
    ("batchnorm1d", "norm"),
    ("batchnorm2d", "norm"),
    ("conv", "conv2d"),
    ("convolution", "conv2d"),
    ("count", "repeat"),
    ("depthwise", "depthwise2d"),
    ("dims", "shape"),
    ("embed", "embedding"),
    ("fc", "dense"),
    ("gemm", "dense"),
    ("groupnorm", "norm"),
    ("initializer", "init"),
    ("layernorm", "norm"),
    ("linear", "dense"),
    ("nonlinearity", "activation"),
    ("rmsnorm", "norm"),
    ("scheme", "init"),
    ("size", "shape"),
    ("weight", "init"),
];

/// Returns the message of a TOML error. That of an unknown key suggests the most similar one that exists.
pub(super) fn suggested(message: &str) -> String {
    let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split_once('`'));
    let Some((unknown, _)) = unknown else { return message.to_owned() };
    let letters = unknown.replace(['_', '-'], "").to_ascii_lowercase();
    let other = OTHER_KEYS.into_iter().find(|(other, _)| *other == letters).map(|(_, key)| key);
    // A word of fewer letters is too similar to many.
    let near = || {
        let keys = KEYS.into_iter().map(|key| (distance(&letters, key), key));
        keys.min().filter(|(distance, _)| 3 * distance <= letters.len()).map(|(_, key)| key)
    };
    // A key that exists belongs to another table.
    match other.or_else(near).filter(|key| *key != unknown) {
        Some(key) => format!("unknown field `{unknown}`: did you mean `{key}`?"),
        None => message.to_owned(),
    }
}

/// Returns how many letters have to be changed, added or removed to make one word from another.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, letter) in a.chars().enumerate() {
        let mut left = i + 1;
        let mut diagonal = i;
        for (above, other) in row.iter_mut().skip(1).zip(b.chars()) {
            let changed = diagonal + usize::from(letter != other);
            diagonal = *above;
            left = changed.min(left + 1).min(diagonal + 1);
            *above = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use weight_init::{Activation, FanMode, Init};

    use super::*;

    #[test]
    fn schemes_are_those_of_the_library_that_is_named() {
        for (text, expected) in [
            ("he_normal", Init::he_normal()),
            (" kaiming_normal(mode=fan_out) ", Init::he_normal().mode(FanMode::FanOut)),
            ("nn.init.trunc_normal_(std=0.02)", Init::normal(0.0, 0.02)),
            ("torch.nn.init.kaiming_uniform_(a=math.sqrt(5))", Init::pytorch_default()),
            ("init.zeros_", Init::zeros()),
            ("keras.initializers.HeNormal()", Init::he_truncated_normal()),
            ("tf.keras.initializers.HeNormal", Init::he_truncated_normal()),
        ] {
            assert_eq!(parse_init(text), Ok(expected), "{text}");
        }
        assert_eq!(
            parse_init("HeNormal").unwrap_err(),
            "`HeNormal` has two meanings: write `he_normal`, or `keras.initializers.HeNormal`, which is `he_truncated_normal`"
        );
        assert_eq!(
            parse_init("trunc_normal_").unwrap_err(),
            "`trunc_normal_` has two meanings: write `truncated_normal(std=…)`, or `nn.init.trunc_normal_(std=…)`, which is `normal(std=…, cut=…)`"
        );
        assert!(parse_init("nn.init.he_normal").unwrap_err().contains("torch.nn.init"));
    }

    #[test]
    fn unknown_keys_get_the_most_similar_one() {
        for (unknown, key) in [
            ("gropus", "groups"),
            ("activaton", "activation"),
            ("Linear", "dense"),
            ("conv", "conv2d"),
            ("layer_norm", "norm"),
            ("dense_", "dense"),
        ] {
            let message = format!("unknown field `{unknown}`, expected one of `a`, `b`");
            let expected = format!("unknown field `{unknown}`: did you mean `{key}`?");
            assert_eq!(suggested(&message), expected);
        }
        for message in [
            "unknown field `xyz`, expected `a`",
            "unknown field `dense`, expected `a`",
            "missing field `name`",
        ] {
            assert_eq!(suggested(message), message);
        }
        assert_eq!(
            (distance("kitten", "sitting"), distance("", "ab"), distance("ä", "")),
            (3, 2, 1)
        );
    }

    #[test]
    fn activations_have_the_names_of_both_libraries() {
        for (text, expected) in [
            ("relu", Activation::Relu),
            (" ReLU ", Activation::Relu),
            ("LeakyReLU(negative_slope=0.3)", Activation::LeakyRelu { slope: 0.3 }),
            ("leaky_relu(0.01)", Activation::LeakyRelu { slope: 0.01 }),
            ("swish", Activation::Silu),
            ("SiLU", Activation::Silu),
        ] {
            assert_eq!(parse_activation(text), Ok(expected), "{text}");
        }
        for text in ["leaky_relu", "leaky_relu(slope)", "leaky_relu(gain=1)", "leaky_relu(0.1"] {
            assert!(parse_activation(text).unwrap_err().contains("needs a slope"), "{text}");
        }
        assert_eq!(parse_activation("gelu(tanh)").unwrap_err(), "`gelu` takes no parameter");
        assert!(parse_activation("rleu").unwrap_err().starts_with("unknown activation: "));
        assert!(parse_activation("").is_err());
    }
}
