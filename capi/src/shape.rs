//! Shapes.

use weight_init::{Fan, Layout, Shape};

use crate::error::{WI_ERROR_SHAPE, WI_ERROR_STACK, wi_error};

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
    /// The sizes of the kernel. The first 0 ends them, and only zeros may follow it. A dense layer has none.
    pub kernel: [usize; 3],
    /// The number of groups of a grouped or depthwise convolution; 0 is 1.
    pub groups: usize,
    /// The number of matrices in a stack, each with its own fan and stream; 0 is no stack. The functions that take the
    /// number of a scheme return WI_ERROR_STACK for it, except wi_fill_any_scheme().
    pub stacked: usize,
    /// The fan, if it is to be another one than the shape's. If either number is not 0, both are taken from here. A
    /// vector needs it for every scheme that divides by a fan.
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
    fn layer(&self) -> Result<Shape, wi_error> {
        let Self { inputs, outputs, .. } = *self;
        Ok(match self.kernel {
            _ if self.flags & WI_VECTOR != 0 => Shape::vector(outputs),
            [0, 0, 0] => Shape::dense(inputs, outputs),
            [a, 0, 0] => Shape::conv1d(inputs, outputs, a),
            [0, ..] | [_, 0, _] => return Err(WI_ERROR_SHAPE),
            [a, b, 0] => Shape::conv2d(inputs, outputs, [a, b]),
            kernel => Shape::conv3d(inputs, outputs, kernel),
        })
    }

    /// Returns the shape.
    #[inline(never)]
    pub(crate) fn shape(&self) -> Result<Shape, wi_error> {
        if self.stacked == 0 {
            return self.unstacked();
        }
        let one = Self { stacked: 0, flags: self.flags & !WI_PACKED, ..*self }.unstacked()?;
        let is_packed = self.flags & WI_PACKED != 0;
        Ok(if is_packed { one.packed(self.stacked) } else { one.stacked(self.stacked) })
    }

    /// Returns the shape if it is no stack. Inlined, for callers that need only the length and the fan.
    #[inline(always)]
    pub(crate) fn unstacked(&self) -> Result<Shape, wi_error> {
        if self.stacked != 0 {
            return Err(WI_ERROR_STACK);
        }
        // Without a stack there is nothing to pack.
        if self.flags > WI_TRANSPOSED + WI_BIAS + WI_VECTOR {
            return Err(WI_ERROR_SHAPE);
        }
        let mut shape = self.layer()?.layout(match self.layout {
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
        Ok(shape)
    }
}
