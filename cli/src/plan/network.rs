//! From the tables of a text to the layers of a plan.

use std::{collections::HashSet, fmt, ops::Range};

use toml::Spanned;
use weight_init::{Fan, Init, InitError, Layer, Layout, Shape, VecPlan};

use super::{
    error::PlanError,
    tables::{BiasText, Conv, Depthwise, Kernel, LayerTable, Pair, PlanTable},
    words::{parse_activation, parse_init, suggested},
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

/// A layer with a name of its own.
#[derive(Clone, Debug)]
struct NamedLayer {
    name: String,
    shape: Shape,
    weights: Init,
    /// The scheme of the biases, if the layer has any.
    bias: Option<Init>,
    /// Whether the layer is a single tensor, whose name has no suffix.
    is_tensor: bool,
    spans: Spans,
    /// Whether the text of the weights' scheme and that of the biases' ask for a truncated normal.
    is_truncated: [bool; 2],
}

/// The bytes of the text from which a layer comes.
#[derive(Clone, Debug)]
struct Spans {
    name: Range<usize>,
    shape: Range<usize>,
    fan: Option<Range<usize>>,
    init: Origin,
    bias: Origin,
}

/// The part of the text from which a scheme comes.
#[derive(Clone, Debug)]
enum Origin {
    /// A key of the layer.
    Layer(Range<usize>),
    /// A key at the beginning of the plan.
    Plan(&'static str),
    /// The kind of the layer.
    Kind,
}

/// The values of keys that a layer does not give.
struct Defaults<'text> {
    init: Option<Init>,
    bias: Option<Option<Init>>,
    layout: Layout,
    /// The texts of the scheme of the weights and of that of the biases.
    texts: [Option<&'text str>; 2],
}

/// The kind of a layer, as its table names it.
struct Kind {
    /// The shape, with the axes in the layout of the plan.
    shape: Shape,
    span: Range<usize>,
    /// The scheme of the weights, if the kind has one.
    init: Option<Init>,
    bias: KindBias,
}

/// The biases of a kind of layers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KindBias {
    /// Those that the beginning of the plan names, or zeros.
    Common,
    /// Zeros, whatever the beginning of the plan says.
    Zeros,
    None,
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

impl Spans {
    /// Returns the part of the layer's table that causes an error.
    fn of(&self, error: &InitError, origin: &Origin) -> Range<usize> {
        let span = match (error, origin) {
            (InitError::DuplicateName { .. }, _) => &self.name,
            (InitError::ZeroFan { .. }, _) => self.fan.as_ref().unwrap_or(&self.shape),
            (error, Origin::Layer(span)) if is_about_scheme(error) => span,
            (error, _) if is_about_scheme(error) => &self.name,
            _ => &self.shape,
        };
        span.clone()
    }
}

/// Returns whether a text asks for a truncated normal.
fn is_truncated(scheme: &str) -> bool {
    scheme.to_ascii_lowercase().contains("trunc")
}

/// Returns whether an error comes from the scheme and not from the shape.
const fn is_about_scheme(error: &InitError) -> bool {
    use InitError::{
        Bounds, Constant, Cut, Gain, Grouped, Mean, OutputsTooFew, OutputsTooMany, RankTooLow,
        Scale, Sparsity, StackTooLarge, Std, TooLarge, TooSmall, Upscale, UpscaleKernel, ZeroFan,
    };
    matches!(
        error,
        Bounds { .. }
            | Constant { .. }
            | Cut { .. }
            | Gain { .. }
            | Grouped { .. }
            | Mean { .. }
            | OutputsTooFew { .. }
            | OutputsTooMany { .. }
            | RankTooLow { .. }
            | Scale { .. }
            | Sparsity { .. }
            | StackTooLarge { .. }
            | Std { .. }
            | TooLarge { .. }
            | TooSmall { .. }
            | Upscale { .. }
            | UpscaleKernel { .. }
            | ZeroFan { .. }
    )
}

/// A text whose tables are read.
struct Reader<'text> {
    text: &'text str,
}

impl Reader<'_> {
    fn error(&self, span: Range<usize>, message: impl fmt::Display) -> PlanError {
        PlanError::at(self.text, span, message)
    }

    /// Returns the value that a text stands for, or an error at the text.
    fn parsed<T, E: fmt::Display>(
        &self,
        text: &Spanned<String>,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<T, PlanError> {
        parse(text.get_ref()).map_err(|error| self.error(text.span(), error))
    }

    fn bias(&self, text: &Spanned<BiasText>) -> Result<Option<Init>, PlanError> {
        match text.get_ref() {
            BiasText::Has(has) => Ok(has.then(Init::zeros)),
            BiasText::Scheme(scheme) => {
                parse_init(scheme).map(Some).map_err(|error| self.error(text.span(), error))
            }
        }
    }

    fn defaults<'table>(&self, table: &'table PlanTable) -> Result<Defaults<'table>, PlanError> {
        let init = table.init.as_ref();
        let bias = table.bias.as_ref();
        let layout = table.layout.as_ref();
        Ok(Defaults {
            init: init.map(|text| self.parsed(text, parse_init)).transpose()?,
            bias: bias.map(|text| self.bias(text)).transpose()?,
            layout: layout
                .map_or(Ok(Layout::default()), |text| self.parsed(text, str::parse::<Layout>))?,
            texts: [
                init.map(|text| text.get_ref().as_str()),
                bias.and_then(|text| match text.get_ref() {
                    BiasText::Scheme(text) => Some(text.as_str()),
                    BiasText::Has(_) => None,
                }),
            ],
        })
    }

    /// Returns the layer of a table, whose name still has an `{i}` in it if the layer is repeated.
    fn layer(
        &self,
        table: &Spanned<LayerTable>,
        is_tensor: bool,
        defaults: &Defaults<'_>,
    ) -> Result<NamedLayer, PlanError> {
        let table = table.get_ref();
        let name = &table.name;
        let error_of_name = match (&table.repeat, name.get_ref()) {
            (_, text) if text.is_empty() => Some("the name is empty"),
            (_, text) if text == "__metadata__" => Some("the file format reserves this name"),
            (Some(_), text) if !text.contains("{i}") => {
                Some("the name of a repeated layer needs `{i}`, which becomes the layer's number")
            }
            (None, text) if text.contains("{i}") => {
                Some("`{i}` needs the number of layers, as in `repeat = 12`")
            }
            _ => None,
        };
        if let Some(message) = error_of_name {
            return Err(self.error(name.span(), message));
        }
        self.check_counts(table)?;
        let kind = self.kind(table, name.span(), defaults)?;
        let (weights, init_origin) = self.scheme(table, name.span(), &kind, defaults)?;
        let (bias, bias_origin) = match (&table.bias, kind.bias, defaults.bias) {
            (Some(bias), ..) if is_tensor => {
                return Err(self.error(bias.span(), "a [[tensor]] has no biases: write [[layer]]"));
            }
            (Some(text), ..) => (self.bias(text)?, Origin::Layer(text.span())),
            (None, KindBias::None, _) => (None, Origin::Kind),
            _ if is_tensor => (None, Origin::Kind),
            (None, KindBias::Common, Some(bias)) => (bias, Origin::Plan("bias")),
            (None, ..) => (Some(Init::zeros()), Origin::Kind),
        };
        let text_of = |origin: &Origin, default: Option<&str>| match origin {
            Origin::Layer(span) => self.text.get(span.clone()).is_some_and(is_truncated),
            Origin::Plan(_) => default.is_some_and(is_truncated),
            Origin::Kind => false,
        };
        let is_truncated =
            [text_of(&init_origin, defaults.texts[0]), text_of(&bias_origin, defaults.texts[1])];
        let spans = Spans {
            name: name.span(),
            shape: kind.span,
            fan: table.fan.as_ref().map(Spanned::span),
            init: init_origin,
            bias: bias_origin,
        };
        let name = name.get_ref().clone();
        Ok(NamedLayer { name, shape: kind.shape, weights, bias, is_tensor, spans, is_truncated })
    }

    /// Returns an error for a count of zero.
    fn check_counts(&self, table: &LayerTable) -> Result<(), PlanError> {
        let counts = [
            ("repeat", &table.repeat),
            ("groups", &table.groups),
            ("stacked", &table.stacked),
            ("packed", &table.packed),
            ("residual", &table.residual),
        ];
        for (key, count) in counts {
            if let Some(count) = count
                && *count.get_ref() == 0
            {
                return Err(self.error(count.span(), format!("`{key}` is at least 1")));
            }
        }
        Ok(())
    }

    /// Returns an error for a key that has no meaning for the layer's kind, which `kind` names.
    fn check_keys(
        &self,
        table: &LayerTable,
        kind: &str,
        without: &[&str],
    ) -> Result<(), PlanError> {
        let given = [
            ("groups", table.groups.as_ref().map(Spanned::span)),
            ("transposed", table.transposed.as_ref().map(Spanned::span)),
            ("layout", table.layout.as_ref().map(Spanned::span)),
            ("packed", table.packed.as_ref().map(Spanned::span)),
            ("activation", table.activation.as_ref().map(Spanned::span)),
        ];
        for (key, span) in given {
            if let Some(span) = span
                && without.contains(&key)
            {
                return Err(self.error(span, format!("`{key}` has no meaning for {kind}")));
            }
        }
        Ok(())
    }

    /// Returns the scheme of a layer's weights.
    fn scheme(
        &self,
        table: &LayerTable,
        name: Range<usize>,
        kind: &Kind,
        defaults: &Defaults<'_>,
    ) -> Result<(Init, Origin), PlanError> {
        let (init, origin) = match (&table.init, &table.activation, kind.init, defaults.init) {
            (Some(_), Some(activation), ..) => {
                let message =
                    "a layer has `activation` or `init`, because the activation chooses the scheme";
                return Err(self.error(activation.span(), message));
            }
            (Some(text), None, ..) => (self.parsed(text, parse_init)?, Origin::Layer(text.span())),
            (None, Some(text), ..) => {
                (self.parsed(text, parse_activation)?.init(), Origin::Layer(text.span()))
            }
            (None, None, Some(init), _) => (init, Origin::Kind),
            (None, None, None, Some(init)) => (init, Origin::Plan("init")),
            (None, None, None, None) => {
                let message =
                    "the layer needs a scheme, as in `init = \"he_normal\"`, or an `activation`";
                return Err(self.error(name, message));
            }
        };
        let residual = table.residual.as_ref();
        Ok((residual.map_or(init, |blocks| init.residual(*blocks.get_ref())), origin))
    }

    /// Returns the kind of a layer and its shape.
    fn kind(
        &self,
        table: &LayerTable,
        name: Range<usize>,
        defaults: &Defaults<'_>,
    ) -> Result<Kind, PlanError> {
        let layout = match &table.layout {
            Some(text) => self.parsed(text, str::parse::<Layout>)?,
            None => defaults.layout,
        };
        let with_bias = |shape: Shape, span| {
            Ok(Kind { shape: shape.layout(layout), span, init: None, bias: KindBias::Common })
        };
        let kinds = [
            table.dense.as_ref().map(|dense| {
                let Pair(inputs, outputs) = *dense.get_ref();
                with_bias(Shape::dense(inputs, outputs), dense.span())
            }),
            table.conv1d.as_ref().map(|conv| {
                let Conv(inputs, outputs, kernel) = conv.get_ref();
                let [size] = self.kernel(kernel, &conv.span())?;
                with_bias(Shape::conv1d(*inputs, *outputs, size), conv.span())
            }),
            table.conv2d.as_ref().map(|conv| {
                let Conv(inputs, outputs, kernel) = conv.get_ref();
                let kernel = self.kernel(kernel, &conv.span())?;
                with_bias(Shape::conv2d(*inputs, *outputs, kernel), conv.span())
            }),
            table.conv3d.as_ref().map(|conv| {
                let Conv(inputs, outputs, kernel) = conv.get_ref();
                let kernel = self.kernel(kernel, &conv.span())?;
                with_bias(Shape::conv3d(*inputs, *outputs, kernel), conv.span())
            }),
            table.depthwise2d.as_ref().map(|conv| {
                self.check_keys(table, "a depthwise convolution", &["groups"])?;
                let Depthwise(channels, multiplier, kernel) = conv.get_ref();
                let kernel = self.kernel(kernel, &conv.span())?;
                with_bias(Shape::depthwise2d(*channels, *multiplier, kernel), conv.span())
            }),
            table.embedding.as_ref().map(|embedding| {
                // One row for each token, in every library.
                self.check_keys(table, "an embedding", &["groups", "transposed", "layout"])?;
                let Pair(rows, width) = *embedding.get_ref();
                let shape = Shape::dense(width, rows);
                Ok(Kind { shape, span: embedding.span(), init: None, bias: KindBias::None })
            }),
            table.norm.as_ref().map(|norm| {
                let shape = Shape::vector(*norm.get_ref());
                let init = Some(Init::ones());
                self.check_keys(
                    table,
                    "a norm",
                    &["groups", "transposed", "layout", "packed", "activation"],
                )?;
                Ok(Kind { shape, span: norm.span(), init, bias: KindBias::Zeros })
            }),
            table.shape.as_ref().map(|dims| {
                let groups = table.groups.as_ref().map_or(1, |groups| *groups.get_ref());
                let is_transposed = table.is_transposed();
                let shape = match (dims.get_ref().as_slice(), is_transposed) {
                    ([], _) => {
                        let message =
                            "there are no tensors without an axis: a single value is `shape = [1]`";
                        return Err(self.error(dims.span(), message));
                    }
                    ([len], _) => {
                        self.check_keys(
                            table,
                            "a tensor with one axis",
                            &["groups", "transposed", "layout"],
                        )?;
                        Ok(Shape::vector(*len))
                    }
                    (dims, false) => Shape::from_dims(dims, layout, groups),
                    (dims, true) => Shape::from_dims_transposed(dims, layout, groups),
                };
                let shape = shape.map_err(|error| self.error(dims.span(), error))?;
                Ok(Kind { shape, span: dims.span(), init: None, bias: KindBias::Common })
            }),
        ];
        let mut given = kinds.into_iter().flatten().collect::<Result<Vec<_>, _>>()?;
        given.sort_by_key(|kind| kind.span.start);
        let needed =
            "`dense`, `conv1d`, `conv2d`, `conv3d`, `depthwise2d`, `embedding`, `norm` or `shape`";
        let mut given = given.into_iter();
        let Some(kind) = given.next() else {
            return Err(self.error(name, format!("the layer needs one of {needed}")));
        };
        if let Some(second) = given.next() {
            let message = format!("the layer has more than one of {needed}");
            return Err(self.error(second.span, message));
        }
        Ok(Kind { shape: self.adjusted(kind.shape, table)?, ..kind })
    }

    /// Returns the shape with the keys that go with every kind.
    fn adjusted(&self, mut shape: Shape, table: &LayerTable) -> Result<Shape, PlanError> {
        // Dimensions already contain the groups and the order of a transposed layer.
        if table.shape.is_none() {
            if let Some(groups) = &table.groups {
                shape = shape.grouped(*groups.get_ref());
            }
            if table.is_transposed() {
                shape = shape.transposed();
            }
        }
        if let Some(Pair(fan_in, fan_out)) = table.fan.as_ref().map(Spanned::get_ref) {
            shape = shape.with_fan(Fan::new(*fan_in, *fan_out));
        }
        if let Some(count) = &table.stacked {
            shape = shape.stacked(*count.get_ref());
        }
        if let Some(count) = &table.packed {
            shape = shape.packed(*count.get_ref());
        }
        Ok(shape)
    }

    /// Returns the sizes of a kernel with that many axes.
    fn kernel<const AXES: usize>(
        &self,
        kernel: &Kernel,
        span: &Range<usize>,
    ) -> Result<[usize; AXES], PlanError> {
        match kernel {
            Kernel::Cube(size) => Ok([*size; AXES]),
            Kernel::Sizes(sizes) => sizes.as_slice().try_into().map_err(|_| {
                let message =
                    format!("the kernel has {AXES} axes, but {} sizes are given", sizes.len());
                self.error(span.clone(), message)
            }),
        }
    }
}
