//! From the tables of a text to the layers of a plan.

use std::{fmt, ops::Range};

use toml::Spanned;
use weight_init::{Fan, Init, InitError, Layer, Layout, Shape, VecPlan};

use super::{
    error::PlanError,
    tables::{BiasText, Kernel, LayerTable, PlanTable},
    words::{parse_activation, parse_init},
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
}

/// The bytes of the text from which a layer comes.
#[derive(Clone, Debug)]
struct Spans {
    name: Range<usize>,
    shape: Range<usize>,
    init: Range<usize>,
    bias: Range<usize>,
}

/// The values of keys that a layer does not give.
struct Defaults {
    init: Option<(Init, Range<usize>)>,
    bias: Option<(Option<Init>, Range<usize>)>,
    layout: Layout,
}

/// The kind of a layer, as its table names it.
struct Kind {
    /// The shape, with the axes in the layout of the plan.
    shape: Shape,
    span: Range<usize>,
    /// The scheme of the weights, if the kind has one.
    init: Option<Init>,
    /// Whether layers of the kind have biases.
    has_bias: bool,
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
            Some(span) => PlanError::at(text, span, error.message()),
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
            let NamedLayer { name, shape, weights, bias, is_tensor, spans } = layer;
            let refuse = |error: InitError, span: &Range<usize>| {
                let span = if let InitError::DuplicateName { .. } = error {
                    &spans.name
                } else if is_about_scheme(&error) {
                    span
                } else {
                    &spans.shape
                };
                let message = match error {
                    InitError::DuplicateName { .. } => {
                        format!("the plan already has a tensor with a name of the layer `{name}`")
                    }
                    error => error.to_string(),
                };
                reader.error(span.clone(), message)
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

    fn defaults(&self, table: &PlanTable) -> Result<Defaults, PlanError> {
        let init = table.init.as_ref();
        let bias = table.bias.as_ref();
        let layout = table.layout.as_ref();
        Ok(Defaults {
            init: init.map(|text| Ok((self.parsed(text, parse_init)?, text.span()))).transpose()?,
            bias: bias.map(|text| Ok((self.bias(text)?, text.span()))).transpose()?,
            layout: layout
                .map_or(Ok(Layout::default()), |text| self.parsed(text, str::parse::<Layout>))?,
        })
    }

    /// Returns the layer of a table, whose name still has an `{i}` in it if the layer is repeated.
    fn layer(
        &self,
        table: &Spanned<LayerTable>,
        is_tensor: bool,
        defaults: &Defaults,
    ) -> Result<NamedLayer, PlanError> {
        let (span, table) = (table.span(), table.get_ref());
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
        let kind = self.kind(table, name.span(), defaults)?;
        let (weights, init_span) = self.scheme(table, name.span(), &kind, defaults)?;
        let (bias, bias_span) = match (&table.bias, &defaults.bias) {
            (Some(bias), _) if is_tensor => {
                return Err(self.error(bias.span(), "a [[tensor]] has no biases: write [[layer]]"));
            }
            (Some(text), _) => (self.bias(text)?, text.span()),
            _ if is_tensor || !kind.has_bias => (None, span),
            (None, Some((bias, span))) => (*bias, span.clone()),
            (None, None) => (Some(Init::zeros()), span),
        };
        let spans = Spans { name: name.span(), shape: kind.span, init: init_span, bias: bias_span };
        let name = name.get_ref().clone();
        Ok(NamedLayer { name, shape: kind.shape, weights, bias, is_tensor, spans })
    }

    /// Returns the scheme of a layer's weights.
    fn scheme(
        &self,
        table: &LayerTable,
        name: Range<usize>,
        kind: &Kind,
        defaults: &Defaults,
    ) -> Result<(Init, Range<usize>), PlanError> {
        let (init, span) = match (&table.init, &table.activation, kind.init, &defaults.init) {
            (Some(_), Some(activation), ..) => {
                let message =
                    "a layer has `activation` or `init`, because the activation chooses the scheme";
                return Err(self.error(activation.span(), message));
            }
            (Some(text), None, ..) => (self.parsed(text, parse_init)?, text.span()),
            (None, Some(text), ..) => (self.parsed(text, parse_activation)?.init(), text.span()),
            (None, None, Some(init), _) => (init, name),
            (None, None, None, Some((init, span))) => (*init, span.clone()),
            (None, None, None, None) => {
                let message =
                    "the layer needs a scheme, as in `init = \"he_normal\"`, or an `activation`";
                return Err(self.error(name, message));
            }
        };
        Ok((table.residual.map_or(init, |blocks| init.residual(blocks)), span))
    }

    /// Returns the kind of a layer and its shape.
    fn kind(
        &self,
        table: &LayerTable,
        name: Range<usize>,
        defaults: &Defaults,
    ) -> Result<Kind, PlanError> {
        let layout = match &table.layout {
            Some(text) => self.parsed(text, str::parse::<Layout>)?,
            None => defaults.layout,
        };
        let with_bias = |shape: Shape, span| {
            Ok(Kind { shape: shape.layout(layout), span, init: None, has_bias: true })
        };
        let kinds = [
            table.dense.as_ref().map(|dense| {
                let [inputs, outputs] = *dense.get_ref();
                with_bias(Shape::dense(inputs, outputs), dense.span())
            }),
            table.conv1d.as_ref().map(|conv| {
                let (inputs, outputs, kernel) = conv.get_ref();
                let [size] = self.kernel(kernel, &conv.span())?;
                with_bias(Shape::conv1d(*inputs, *outputs, size), conv.span())
            }),
            table.conv2d.as_ref().map(|conv| {
                let (inputs, outputs, kernel) = conv.get_ref();
                let kernel = self.kernel(kernel, &conv.span())?;
                with_bias(Shape::conv2d(*inputs, *outputs, kernel), conv.span())
            }),
            table.conv3d.as_ref().map(|conv| {
                let (inputs, outputs, kernel) = conv.get_ref();
                let kernel = self.kernel(kernel, &conv.span())?;
                with_bias(Shape::conv3d(*inputs, *outputs, kernel), conv.span())
            }),
            table.depthwise2d.as_ref().map(|conv| {
                let (channels, multiplier, kernel) = conv.get_ref();
                let kernel = self.kernel(kernel, &conv.span())?;
                with_bias(Shape::depthwise2d(*channels, *multiplier, kernel), conv.span())
            }),
            table.embedding.as_ref().map(|embedding| {
                // One row for each token, in every library.
                let [rows, width] = *embedding.get_ref();
                let shape = Shape::dense(width, rows);
                Ok(Kind { shape, span: embedding.span(), init: None, has_bias: false })
            }),
            table.norm.as_ref().map(|norm| {
                let shape = Shape::vector(*norm.get_ref());
                Ok(Kind { shape, span: norm.span(), init: Some(Init::ones()), has_bias: true })
            }),
            table.shape.as_ref().map(|dims| {
                let groups = table.groups.as_ref().map_or(1, |groups| *groups.get_ref());
                let shape = match (dims.get_ref().as_slice(), table.transposed) {
                    ([len], _) => Ok(Shape::vector(*len)),
                    (dims, false) => Shape::from_dims(dims, layout, groups),
                    (dims, true) => Shape::from_dims_transposed(dims, layout, groups),
                };
                let shape = shape.map_err(|error| self.error(dims.span(), error))?;
                Ok(Kind { shape, span: dims.span(), init: None, has_bias: true })
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
            if table.transposed {
                shape = shape.transposed();
            }
        }
        if let Some([fan_in, fan_out]) = table.fan {
            shape = shape.with_fan(Fan::new(fan_in, fan_out));
        }
        if let Some(count) = table.stacked {
            shape = shape.stacked(count);
        }
        if let Some(count) = table.packed {
            shape = shape.packed(count);
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
