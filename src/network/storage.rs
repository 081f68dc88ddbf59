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

        /// Adds tensors, or none of them. Returns the number for which there is room if there is too little.
        fn add(&mut self, tensors: &[Tensor<'a>]) -> Result<(), usize>;
    }
}

impl<'a, const N: usize> Storage<'a> for heapless::Vec<Tensor<'a>, N> {}

impl<'a, const N: usize> sealed::Storage<'a> for heapless::Vec<Tensor<'a>, N> {
    fn tensors(&self) -> &[Tensor<'a>] {
        self
    }

    // `extend` is not used, because it panics if the vector is full.
    fn add(&mut self, tensors: &[Tensor<'a>]) -> Result<(), usize> {
        self.extend_from_slice(tensors).map_err(|_| N)
    }
}

#[cfg(feature = "alloc")]
impl<'a> Storage<'a> for alloc::vec::Vec<Tensor<'a>> {}

#[cfg(feature = "alloc")]
impl<'a> sealed::Storage<'a> for alloc::vec::Vec<Tensor<'a>> {
    fn tensors(&self) -> &[Tensor<'a>] {
        self
    }

    fn add(&mut self, tensors: &[Tensor<'a>]) -> Result<(), usize> {
        self.try_reserve(tensors.len()).map_err(|_| self.len())?;
        self.extend_from_slice(tensors);
        Ok(())
    }
}
