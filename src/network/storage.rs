//! Where a plan keeps its tensors.

use super::tensor::Tensor;

/// A list of tensors: [`heapless::Vec`], which has a fixed capacity and needs no allocator, or with feature
/// `alloc` the `Vec` of the standard library.
///
/// [`heapless::Vec`]: https://docs.rs/heapless/0.9/heapless/struct.Vec.html
pub trait Storage<'a>: sealed::Storage<'a> {}

mod sealed {
    use crate::network::tensor::Tensor;

    pub trait Storage<'a> {
        fn tensors(&self) -> &[Tensor<'a>];

        /// Adds a tensor. Returns the number of tensors for which there is room if it is full.
        fn add(&mut self, tensor: Tensor<'a>) -> Result<(), usize>;

        /// Removes all tensors but the first ones.
        fn truncate(&mut self, len: usize);
    }
}

impl<'a, const N: usize> Storage<'a> for heapless::Vec<Tensor<'a>, N> {}

impl<'a, const N: usize> sealed::Storage<'a> for heapless::Vec<Tensor<'a>, N> {
    fn tensors(&self) -> &[Tensor<'a>] {
        self
    }

    fn add(&mut self, tensor: Tensor<'a>) -> Result<(), usize> {
        self.push(tensor).map_err(|_| N)
    }

    fn truncate(&mut self, len: usize) {
        self.truncate(len);
    }
}

#[cfg(feature = "alloc")]
impl<'a> Storage<'a> for alloc::vec::Vec<Tensor<'a>> {}

#[cfg(feature = "alloc")]
impl<'a> sealed::Storage<'a> for alloc::vec::Vec<Tensor<'a>> {
    fn tensors(&self) -> &[Tensor<'a>] {
        self
    }

    fn add(&mut self, tensor: Tensor<'a>) -> Result<(), usize> {
        self.try_reserve(1).map_err(|_| self.len())?;
        self.push(tensor);
        Ok(())
    }

    fn truncate(&mut self, len: usize) {
        self.truncate(len);
    }
}
