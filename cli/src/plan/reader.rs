//! From a table of the text to a layer.

use std::{fmt, ops::Range};

use toml::Spanned;
use weight_init::{Fan, Init, Layout, Shape};

use super::{
    error::PlanError,
    layer::{NamedLayer, Origin, Spans},
    tables::{BiasText, Conv, Depthwise, Kernel, LayerTable, Pair, PlanTable},
    words::{parse_activation, parse_init},
};

/// The values of keys that a layer does not give.
pub(super) struct Defaults<'text> {
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
    /// The ones that the beginning of the plan names, or zeros.
    Common,
    /// Zeros, whatever the beginning of the plan says.
    Zeros,
    None,
}

/// A text whose tables are read.
pub(super) struct Reader<'text> {
    pub(super) text: &'text str,
}

impl Reader<'_> {
    pub(super) fn error(&self, span: Range<usize>, message: impl fmt::Display) -> PlanError {
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

    pub(super) fn defaults<'table>(
        &self,
        table: &'table PlanTable,
    ) -> Result<Defaults<'table>, PlanError> {
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
    pub(super) fn layer(
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

/// Returns whether a text asks for a truncated normal.
fn is_truncated(scheme: &str) -> bool {
    scheme.to_ascii_lowercase().contains("trunc")
}
