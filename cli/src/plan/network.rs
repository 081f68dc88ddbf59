//! From the tables of a text to the layers of a plan.

use std::collections::HashSet;

use toml::Spanned;
use weight_init::{InitError, Layer, VecPlan};

use super::{
    error::PlanError,
    layer::{NamedLayer, Origin},
    reader::Reader,
    tables::PlanTable,
    words::suggested,
};

/// The largest number of layers after repetition.
const MOST_LAYERS: usize = 100_000;

/// The layers of a network, read from a text. It owns the names that a [`VecPlan`] borrows.
///
/// ```
/// use weight_init::Stream;
/// use weight_init_cli::Network;
///
/// let network = Network::parse(
///     r#"
///     [[layer]]
///     repeat = 2
///     name = "conv.{i}"
///     conv2d = [16, 16, 3]
///     activation = "relu"
///
///     [[layer]]
///     name = "head"
///     dense = [16, 10]
///     init = "xavier_uniform"
///     "#,
/// )?;
/// let plan = network.plan()?;
/// assert_eq!(plan.tensors()[2].name().to_string(), "conv.1.weight");
/// let weights = plan.draw(Stream::new(42)).to_vec()?;
/// assert_eq!(weights.len(), 2 * (16 * 16 * 9 + 16) + 16 * 10 + 10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Network {
    text: String,
    layers: Vec<NamedLayer>,
}

impl Network {
    /// Reads the layers from the text of a plan. The README describes it.
    ///
    /// # Errors
    ///
    /// Returns an error with the line for a text that is no TOML, an unknown key, scheme, activation or layout, and for
    /// an impossible layer.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let table: PlanTable = toml::from_str(text).map_err(|error| match error.span() {
            Some(span) => PlanError::at(text, span, suggested(error.message())),
            None => PlanError::whole(error.message()),
        })?;
        let reader = Reader { text };
        let defaults = reader.defaults(&table)?;
        let layers = table.layer.iter().map(|layer| (layer, false));
        let tensors = table.tensor.iter().map(|tensor| (tensor, true));
        let mut tables: Vec<_> = layers.chain(tensors).collect();
        tables.sort_by_key(|(table, _)| table.span().start);
        if tables.is_empty() {
            return Err(PlanError::whole("the plan has no [[layer]] and no [[tensor]]"));
        }
        let mut layers = Vec::new();
        for (table, is_tensor) in tables {
            let layer = reader.layer(table, is_tensor, &defaults)?;
            let repeat = table.get_ref().repeat.as_ref();
            let count = repeat.map_or(1, |repeat| *repeat.get_ref());
            if count > MOST_LAYERS - layers.len() {
                let span = repeat.map_or(table.span(), Spanned::span);
                let message = format!("the plan has more than {MOST_LAYERS} layers");
                return Err(reader.error(span, message));
            }
            layers.extend((0..count).map(|i| {
                let name = match repeat {
                    Some(_) => layer.name.replace("{i}", &i.to_string()),
                    None => layer.name.clone(),
                };
                NamedLayer { name, ..layer.clone() }
            }));
        }
        Ok(Self { text: text.to_owned(), layers })
    }

    /// Returns the plan of the layers.
    ///
    /// # Errors
    ///
    /// Returns an error with the line for a layer that the plan refuses, such as a second one of the same name.
    pub fn plan(&self) -> Result<VecPlan<'_>, PlanError> {
        let reader = Reader { text: &self.text };
        let mut plan = VecPlan::default();
        for layer in &self.layers {
            let NamedLayer { name, shape, weights, bias, is_tensor, spans, .. } = layer;
            let refuse = |error: InitError, origin: &Origin| {
                let message = if let InitError::DuplicateName { .. } = error {
                    format!("the plan already has a tensor with a name of the layer `{name}`")
                } else {
                    let kind = if *is_tensor { "tensor" } else { "layer" };
                    match origin {
                        Origin::Plan(key) => {
                            format!("{kind} `{name}`, with the plan's `{key}`: {error}")
                        }
                        _ => format!("{kind} `{name}`: {error}"),
                    }
                };
                reader.error(spans.of(&error, origin), message)
            };
            let planned = match is_tensor {
                true => Layer::tensor(name, *shape, *weights),
                false => Layer::with_init(name, *shape, *weights).without_bias(),
            };
            // The weights alone, so that their error is told from one of the biases.
            let weights_alone = VecPlan::default().push(planned);
            weights_alone.map_err(|error| refuse(error, &spans.init))?;
            let planned = bias.map_or(planned, |bias| planned.bias(bias));
            plan.push(planned).map_err(|error| refuse(error, &spans.bias))?;
        }
        Ok(plan)
    }

    /// Returns the names of tensors whose scheme is a normal, truncated so far from the mean that it is the normal
    /// itself, as `nn.init.trunc_normal_(std=0.02)` is.
    pub(crate) fn truncated_in_name_only(&self) -> HashSet<String> {
        let names = self.layers.iter().flat_map(|layer| {
            let NamedLayer { name, is_tensor, is_truncated: [weights, biases], .. } = layer;
            let weight = if *is_tensor { name.clone() } else { format!("{name}.weight") };
            let weight = weights.then_some(weight);
            weight.into_iter().chain(biases.then(|| format!("{name}.bias")))
        });
        names.collect()
    }
}
