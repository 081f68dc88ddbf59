//! Shapes.

use weight_init::{Fan, Layout, Shape};

use crate::error::{WI_ERROR_SHAPE, wi_error};

/// Axes as in PyTorch: outputs, inputs, kernel.
pub const WI_OUT_IN: u32 = 0;
/// Axes as in Keras and JAX: kernel, inputs, outputs.
pub const WI_IN_OUT: u32 = 1;
/// Axes as in TensorFlow Lite and CMSIS-NN: outputs, kernel, inputs.
pub const WI_OUT_KERNEL_IN: u32 = 2;

/// Flag: a transposed convolution.
pub const WI_TRANSPOSED: u32 = 1;
/// Flag: the bias of the layer, which has one value for each output and the layer's fan.
pub const WI_BIAS: u32 = 2;
/// Flag: a vector of `outputs` values, which has no fan.
pub const WI_VECTOR: u32 = 4;
/// Flag: the tensors of a stack lie along the axis of the outputs and not along one of their own.
pub const WI_PACKED: u32 = 8;

/// The shape of a layer's weights. WI_SHAPE_DENSE and its relatives initialise one. Fields that are 0 have their
/// usual value.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct wi_shape {
    /// Inputs, or input channels of a convolution.
    pub inputs: usize,
    /// Outputs, or output channels.
    pub outputs: usize,
    /// The sizes of the kernel. The first 0 ends them; a dense layer has none.
    pub kernel: [usize; 3],
    /// The number of groups of a grouped or depthwise convolution; 0 is 1.
    pub groups: usize,
    /// The number of matrices in a stack, each with its own fan; 0 is no stack.
    pub stacked: usize,
    /// The fan, if it is to be another one than the shape's. It is given if either number is not 0.
    pub fan_in: usize,
    /// See fan_in.
    pub fan_out: usize,
    /// WI_OUT_IN, WI_IN_OUT or WI_OUT_KERNEL_IN.
    pub layout: u32,
    /// A sum of WI_TRANSPOSED, WI_BIAS, WI_VECTOR and WI_PACKED.
    pub flags: u32,
}

impl wi_shape {
    /// Returns the shape of a layer, before the fields that few layers need.
    #[inline(always)]
    fn layer(&self) -> Shape {
        let Self { inputs, outputs, .. } = *self;
        match self.kernel {
            _ if self.flags & WI_VECTOR != 0 => Shape::vector(outputs),
            [0, ..] => Shape::dense(inputs, outputs),
            [a, 0, _] => Shape::conv1d(inputs, outputs, a),
            [a, b, 0] => Shape::conv2d(inputs, outputs, [a, b]),
            kernel => Shape::conv3d(inputs, outputs, kernel),
        }
    }

    /// Returns the shape.
    #[inline(never)]
    pub(crate) fn shape(&self) -> Result<Shape, wi_error> {
        self.inlined()
    }

    /// Does the same as [`shape`](Self::shape), for a caller that needs only the length and the fan.
    #[inline(always)]
    pub(crate) fn inlined(&self) -> Result<Shape, wi_error> {
        if self.flags > WI_TRANSPOSED + WI_BIAS + WI_VECTOR + WI_PACKED {
            return Err(WI_ERROR_SHAPE);
        }
        let mut shape = self.layer().layout(match self.layout {
            WI_OUT_IN => Layout::OutIn,
            WI_IN_OUT => Layout::InOut,
            WI_OUT_KERNEL_IN => Layout::OutKernelIn,
            _ => return Err(WI_ERROR_SHAPE),
        });
        if self.groups != 0 {
            shape = shape.grouped(self.groups);
        }
        if self.flags & WI_TRANSPOSED != 0 {
            shape = shape.transposed();
        }
        if self.fan_in != 0 || self.fan_out != 0 {
            shape = shape.with_fan(Fan::new(self.fan_in, self.fan_out));
        }
        if self.flags & WI_BIAS != 0 {
            shape = shape.bias();
        }
        Ok(match self.stacked {
            0 => shape,
            count if self.flags & WI_PACKED != 0 => shape.packed(count),
            count => shape.stacked(count),
        })
    }
}
