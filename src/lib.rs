//! Weight initialisation for neural networks: He, Xavier, LeCun and related schemes, written into a slice
//! that the caller owns.
//!
//! The crate is `no_std`, allocates nothing and never panics. It gives the same bits everywhere: on a
//! Cortex-M0 without an FPU, with AVX-512, on any number of threads, for a whole tensor or for any part
//! of it.
//!
//! ```
//! use weight_init::{Init, Shape, Stream};
//!
//! let fc1 = Shape::dense(784, 100);
//! let mut weights = [0.0_f32; 784 * 100];
//! Init::he_normal().fill(Stream::new(42).named("fc1.weight"), &fc1, &mut weights)?;
//! # Ok::<(), weight_init::InitError>(())
//! ```
//!
//! The [`guide`] has a chapter on [schemes](guide::schemes) and their names in PyTorch, Keras and JAX, on
//! [embedding](guide::embedding) in candle, burn, ndarray and other libraries, on [performance](guide::performance), on
//! [firmware](guide::firmware), on [backends](guide::backends), and the [specification of the bits](guide::format).
//!
//! # The items, in the order in which the data travels
//!
//! | item | role |
//! | --- | --- |
//! | [`Shape`], [`Layout`], [`Dims`] | Describes a layer's weights or biases, or a stack of them: which layer it is, and how they lie in memory. |
//! | [`Fan`] | Counts the inputs and outputs that meet in a layer. [`Shape::fan`] computes it. |
//! | [`Init`], [`FanMode`], [`Family`], [`SubPixel`] | Chooses a scheme: [`he_normal`](Init::he_normal), [`xavier_uniform`](Init::xavier_uniform), [`orthogonal`](Init::orthogonal) and so on. |
//! | [`Activation`] | Chooses the scheme and the gain for the activation that follows a layer. |
//! | [`Stream`] | Turns a seed and a name into a key. |
//! | [`Distribution`] | Holds the result of a scheme and a fan: a normal with a known standard deviation, for instance. |
//! | [`fill_normal`], [`fill_truncated_normal`], [`fill_uniform`] | Samples without a scheme: noise, dither. |
//! | [`Draw`] | Requests any part of a tensor, in slots of any format, in any order, on any backend and on threads. |
//! | [`Backend`] | Selects the instructions that compute a fill. All backends give the same bits. |
//! | [`Element`], [`FixedPoint`] | The number formats that a slot can hold. |
//! | [`Layer`], [`Plan`], [`PlanOf`], `VecPlan`, [`PlanDraw`], [`Pages`], [`Tensor`], [`TensorName`], [`Role`], [`Storage`] | Lays out a whole network in one flat buffer. |
//! | [`Recurrent`] | Returns the shapes of LSTM and GRU layers, which are stacks of their gates. |
//! | [`Stats`], [`Mismatch`], [`PlanMismatch`] | Describes the values of a filled slice, and checks their statistics against their scheme. |
//! | [`InitError`], [`ParseInitError`], [`ParseLayoutError`], [`ParseBackendError`] | Says why a request or a name was refused. |
//! | [`LaneRng`] | Offers the crate's generator to `rand_core`. |
//!
//! # Streams and parts
//!
//! A [`Stream`] is a key and not a running state, so the same stream gives the same values each time.
//! Names and numbers lead from one stream to the next, and any part of a tensor can be computed alone:
//!
//! ```
//! use weight_init::{Init, InitError, Shape, Stream, fill_normal};
//!
//! const MODEL: Stream = Stream::new(42);
//! const FC1: Shape = Shape::dense(784, 100);
//!
//! /// Fills a page of the first layer, with the bits that it has in the whole tensor.
//! fn page(number: usize, page: &mut [f32; 64]) -> Result<(), InitError> {
//!     Init::he_normal().fill_range(MODEL.named("fc1.weight"), &FC1, number as u64 * 64, page)
//! }
//!
//! /// Fills the noise of one of many heads.
//! fn noise(head: u64, out: &mut [f32]) -> Result<(), InitError> {
//!     fill_normal(MODEL.named("noise").substream(head), 0, 0.0, 0.01, out)
//! }
//! # let mut out = [0.0; 64];
//! # page(3, &mut out)?;
//! # noise(3, &mut out)?;
//! # Ok::<(), InitError>(())
//! ```
//!
//! [`Init::draw`] returns a [`Draw`], which writes any block, shard or range, and slots in any order. A tensor that
//! consists of several matrices is a stack, in which each matrix has its own fan:
//!
//! ```
//! use weight_init::{Init, Shape, Stream};
//!
//! let (model, mlp) = (Stream::new(42), Shape::dense(256, 1024)); // [1024, 256]
//! let mut columns = [0.0; 1024 * 32];
//! Init::he_normal().draw(model.named("up.weight"), &mlp)?.shard(1, 3, 8)?.write(&mut columns)?;
//!
//! let experts = Shape::dense(64, 32).stacked(8); // [8, 32, 64]
//! let mut weights = [0.0; 8 * 32 * 64];
//! Init::he_normal().fill(model.named("experts.weight"), &experts, &mut weights)?;
//! # Ok::<(), weight_init::InitError>(())
//! ```
//!
//! The chapter on [schemes](guide::schemes#any-part-of-any-tensor) has all parts, stacks and layouts.
//!
//! # Other number formats
//!
//! A slot holds an `f32`; with the feature `half`, an `f16` or a `bf16`; or a fixed-point number in an
//! `i8`, `i16` or `i32`, with any number of fraction bits. A value is always computed in `f32` and rounded
//! once, to nearest and ties to even. Fixed point saturates, and the call returns how many values did:
//!
//! ```
//! use weight_init::{Init, Shape, Stream};
//!
//! let fc1 = Shape::dense(64, 32);
//! let mut weights = [0_i8; 64 * 32];
//! let saturated = Init::he_normal().draw(Stream::new(42), &fc1)?.write_fixed(7, &mut weights)?;
//! assert_eq!(saturated, 0); // ±1 is more than five of He's standard deviations away
//! # Ok::<(), weight_init::InitError>(())
//! ```
//!
//! # Looking at a filled buffer
//!
//! [`Distribution::stats`] computes mean, standard deviation, extremes, zeros and outliers in one pass.
//! [`Init::verify`] and [`Plan::verify`](PlanOf::verify) compare these statistics with those of the scheme. They reject a
//! good buffer with a probability below 10⁻⁹, and detect a variance that is twice as large from 400 values
//! on. [`Init::verify_as`] and [`Init::verify_fixed`] do so for the other number formats.
//!
//! [`Plan::matches`](PlanOf::matches) compares a buffer or a part of it with the values of a stream, bit for bit. It also finds
//! what has the right statistics: values of another stream, a page that was written twice, a flipped bit.
//!
//! ```
//! use weight_init::{Activation, Layer, Mismatch, Plan, PlanMismatch, Shape, Stream};
//!
//! let layers = [Layer::new("fc1", Shape::dense(64, 32), Activation::Relu).without_bias()];
//! let plan: Plan<1> = Plan::from_layers(&layers)?;
//! let (model, mut weights) = (Stream::new(42), [0.0; 64 * 32]);
//! plan.fill(model, &mut weights)?;
//! assert!(plan.verify(&weights).is_ok() && plan.matches(model, 0, &weights)?);
//!
//! // One weight has another sign.
//! weights[99] = -weights[99];
//! assert!(plan.verify(&weights).is_ok() && !plan.matches(model, 0, &weights)?);
//!
//! // The weights are those of another scheme.
//! weights.iter_mut().for_each(|weight| *weight *= 1.4);
//! let Err(PlanMismatch::Tensor { mismatch, .. }) = plan.verify(&weights) else { unreachable!() };
//! assert!(matches!(mismatch, Mismatch::Std { .. }));
//! # // A page that was written twice, and another seed.
//! # plan.fill(model, &mut weights)?;
//! # weights.copy_within(64..128, 128);
//! # assert!(plan.verify(&weights).is_ok() && !plan.matches(model, 0, &weights)?);
//! # plan.fill(Stream::new(43), &mut weights)?;
//! # assert!(plan.verify(&weights).is_ok() && !plan.matches(model, 0, &weights)?);
//! # Ok::<(), weight_init::InitError>(())
//! ```
//!
//! # Guarantees
//!
//! - **The same bits.** The value at an index is a function of the stream, the index and the distribution,
//!   and of nothing else. It is made of IEEE 754 `f32` operations in a fixed order, with the crate's own
//!   `exp` and `ln`. Therefore every target with such an arithmetic, in hardware or in software, gives the
//!   same bits at every length, offset, optimisation level and thread count. The one exception is x87 code
//!   for 32-bit x86 without SSE2, which computes with extended precision. The FPU must round to nearest, as it
//!   does unless a program changes the mode: rounding toward zero, by Arm's FPSCR for example, gives other bits.
//!   Flush-to-zero and default NaN in the FPSCR change none, unless a parameter is subnormal.
//! - **Frozen.** [Stream format 1](guide::format) does not change: a version that changes any of its bits
//!   has a new major version. Random orthogonal matrices are excepted until the first release.
//! - **Exact up to rounding.** The only approximations are rounding to `f32`, the probabilities of the
//!   overhang's regions, which are rounded to about 2⁻²³, and a normal's tail that ends at 7.68 standard
//!   deviations. Layers, boxes and tail are each tested against their true shares, on 10⁸ values.
//! - **Errors and not panics.** An invalid request returns an [`InitError`], and the slice stays as it was.
//!   CI checks that the optimised library contains no call of a panic function.
//! - **No heap, no mutable statics.** Only the methods and types of the feature `alloc` allocate. On
//!   microcontrollers a He fill takes at most about 500 bytes of stack, if the program is optimised.
//! - **`unsafe` only in the backends**, where it was measured to pay.
//!
//! # Features
//!
//! Optional, all off by default. The minimum supported Rust version is 1.89.
//!
//! | feature | adds |
//! | --- | --- |
//! | `alloc` | `Draw::to_vec` and its relatives, and `VecPlan`, a plan of any number of tensors. |
//! | `half` | Slots of `f16` and `bf16`. |
//! | `rayon` | `Draw::parallel` and `PlanDraw::parallel`, on the threads of rayon's pool. Needs `std`. |
//! | `serde` | Schemes as text in a file. |
//! | `stages` | The stages of a fill, for the crate's own benches. No promises. |
//!
//! Dependencies: `rand_core` for seeds from any generator and for [`LaneRng`]; `heapless` for the tensors
//! of a [`Plan`]; `libm` for one square root; and on x86-64 `cpufeatures`, which detects the processor's features
//! without `std`.
//!
//! # How the code is laid out
//!
//! The data travels in one direction, and each file imports only from those before it:
//!
//! ```text
//! Shape ──► Fan ──► scale (std or bound) ─────────────┐
//!                                                     ▼
//! seed ──► Stream ──► block key ──► 16 lanes ──► Ziggurat ──► × scale ──► caller's slice
//!                                   xoshiro128++   (rejected positions: a hash of the position)
//!
//! error.rs         what can be wrong with a request
//! target.rs        what the processor lacks
//! gaussian.rs      the density and the tail of the normal
//! spelling.rs      names in any spelling, and the most similar ones
//! stream.rs        from a seed to a key
//! sampler/         from a key to a value: the specification, in portable code
//! slot/            how a value becomes what the slot holds: f32, f16, bf16, fixed point
//! backend/         how it is computed fast, with the same bits; the only folder with `unsafe`
//! distribution/    where parameters and a stream meet
//! scheme/          from a layer to a distribution: axes, shape, dims, block, activation, init, name, foreign, structured/
//! draw/            the checked request: which part of which tensor, into which slots, by whom
//! verify/          statistics of a filled slice, and the check against its scheme
//! network/         layer, tensor, plan, pages, recurrent
//! ```
#![cfg_attr(not(weight_init_bits), no_std)]
#![deny(unsafe_code)]
#![warn(missing_docs)]

#[cfg(feature = "alloc")]
extern crate alloc;

// The only module with `unsafe` in it.
mod backend;
#[forbid(unsafe_code)]
mod distribution;
#[forbid(unsafe_code)]
mod draw;
#[forbid(unsafe_code)]
mod error;
#[forbid(unsafe_code)]
mod gaussian;
#[forbid(unsafe_code)]
mod network;
#[forbid(unsafe_code)]
mod sampler;
#[forbid(unsafe_code)]
mod scheme;
#[forbid(unsafe_code)]
mod slot;
#[forbid(unsafe_code)]
mod spelling;
#[cfg(feature = "stages")]
#[doc(hidden)]
#[forbid(unsafe_code)]
pub mod stages;
#[forbid(unsafe_code)]
mod stream;
#[forbid(unsafe_code)]
mod target;
#[forbid(unsafe_code)]
mod verify;

pub use backend::{Backend, ParseBackendError};
pub use distribution::{Cut, Distribution, fill_normal, fill_truncated_normal, fill_uniform};
pub use draw::Draw;
pub use error::InitError;
#[cfg(feature = "alloc")]
pub use network::VecPlan;
pub use network::{
    Borrowed, BorrowedPlan, Layer, Pages, Plan, PlanDraw, PlanMismatch, PlanOf, Recurrent, Role,
    Storage, Tensor, TensorName,
};
pub use sampler::lanes::LaneRng;
pub use scheme::{
    Activation, Dims, Family, Fan, FanMode, Init, Layout, ParseInitError, ParseLayoutError, Shape,
    SubPixel,
};
pub use slot::{Element, FixedPoint, Quantization};
pub use stream::Stream;
pub use verify::{Mismatch, Stats};

/// The guide: one chapter per file of the repository's folder `docs`.
///
/// | chapter | contents |
/// | --- | --- |
/// | [`schemes`](guide::schemes) | Every scheme with its name in PyTorch, Keras and JAX; fans, parts of tensors, stacks, layouts, names, errors. |
/// | [`embedding`](guide::embedding) | Adapters for candle, burn, ndarray and others, their layouts and times; how to write one; a command line. |
/// | [`performance`](guide::performance) | Nanoseconds per value beside other libraries, and what limits a fill. |
/// | [`firmware`](guide::firmware) | From `cargo new` to a running board; recipes; targets; instructions, flash and stack. |
/// | [`scale`](guide::scale) | A model of 10¹² parameters on 10,000 ranks, beside PyTorch and JAX: time, memory, bytes sent, names. |
/// | [`backends`](guide::backends) | Instruction sets, threads, uninitialised memory. |
/// | [`format`](guide::format) | The specification of stream format 1. |
#[cfg(doc)]
pub mod guide {
    // Links between chapters: Markdown takes the first definition of a reference, so these override the
    // definitions at the end of each file, which work on GitHub.
    #[doc = "[init]: crate::Init\n[shape]: crate::Shape\n[backends]: crate::guide::backends\n[activation]: crate::Activation\n[error]: crate::InitError\n\n"]
    #[doc = include_str!("../docs/schemes.md")]
    pub mod schemes {}
    #[doc = "[shape]: crate::Shape\n[stream]: crate::Stream\n[draw]: crate::Init::draw\n[parts]: crate::guide::schemes#any-part-of-any-tensor\n[layouts]: crate::guide::schemes#layouts\n[format]: crate::guide::format\n\n"]
    #[doc = include_str!("../docs/embedding.md")]
    pub mod embedding {}
    #[doc = include_str!("../docs/performance.md")]
    pub mod performance {}
    #[doc = "[backends]: crate::guide::backends\n[format]: crate::guide::format\n[stacks]: crate::guide::schemes#stacks\n\n"]
    #[doc = include_str!("../docs/firmware.md")]
    pub mod firmware {}
    #[doc = "[parts]: crate::guide::schemes#any-part-of-any-tensor\n[performance]: crate::guide::performance\n\n"]
    #[doc = include_str!("../docs/scale.md")]
    pub mod scale {}
    #[doc = "[format]: crate::guide::format\n[parts]: crate::guide::schemes#any-part-of-any-tensor\n[firmware]: crate::guide::firmware\n[performance]: crate::guide::performance\n\n"]
    #[doc = include_str!("../docs/backends.md")]
    pub mod backends {}
    #[doc = include_str!("../docs/format.md")]
    pub mod format {}
}

/// Tests the code in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;

#[cfg(test)]
#[path = "../tests/size.rs"]
mod size;

/// The tests of `tests/bits.rs` as unit tests. CI sets this where builds are slow, because the kernels of every
/// backend and format are then compiled once, and not for the library and for two test programs.
#[cfg(all(test, weight_init_bits))]
#[expect(unsafe_code, reason = "a test reads slots that a fill has initialised")]
#[path = "../tests/bits.rs"]
mod bits;
// The names by which the tests know the crate and their own modules.
#[cfg(all(test, weight_init_bits))]
extern crate self as weight_init;
#[cfg(all(test, weight_init_bits))]
use bits::{cases, vectors};
