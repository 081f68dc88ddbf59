//! The functions for JavaScript. All `unsafe` code of the page is in this file.
//!
//! An instance is one thread, and its functions don't call each other. Numbers go in and out; arrays lie in the
//! instance's memory, and a function returns their address. An address is good until the next call.

use core::{arch::wasm32, cell::UnsafeCell, panic::PanicInfo, slice};

use weight_init::{Distribution, Stream, fill_normal};

use crate::{
    activation::Activation,
    architecture::{Architecture, BATCH, CLASSES, DEEPEST, WIDEST},
    digits::{BYTES, Digits},
    hash::hash_of_normals,
    network::Network,
    pass::Pass,
    starts::Start,
    survey::{self, BINS, survey},
    training::{self, STEPS},
};

const PAGE: usize = 1 << 16;
/// Networks that one instance trains at once: the five starts and the reader's.
const NETWORKS: usize = 6;
/// Bins of the histogram of a layer's weights.
const WEIGHT_BINS: usize = 96;
/// The standard deviations that the histogram of a layer's weights reaches to either side.
const WEIGHT_REACH: f32 = 4.0;

/// Memory that is only ever extended, so that an address in it stays good.
struct Memory {
    base: *mut u8,
    bytes: usize,
}

impl Memory {
    const NONE: Self = Self { base: core::ptr::null_mut(), bytes: 0 };

    /// Returns the first bytes. Returns `None` if the browser grants no more memory.
    fn bytes(&mut self, len: usize) -> Option<&mut [u8]> {
        if len > self.bytes {
            let pages = (len - self.bytes).div_ceil(PAGE);
            let before = wasm32::memory_grow::<0>(pages);
            if before == usize::MAX {
                return None;
            }
            if self.bytes == 0 {
                self.base = core::ptr::without_provenance_mut(before * PAGE);
            } else if self.base.addr() + self.bytes != before * PAGE {
                return None;
            }
            self.bytes += pages * PAGE;
        }
        // SAFETY: `memory_grow` gave these bytes to this `Memory` alone and zeroed them, and the slice borrows it.
        Some(unsafe { slice::from_raw_parts_mut(self.base, len) })
    }

    /// Returns the first floats.
    fn floats(&mut self, len: usize) -> Option<&mut [f32]> {
        let bytes = self.bytes(4 * len)?;
        // SAFETY: the bytes begin at a page and are initialised, and every bit pattern is an `f32`.
        Some(unsafe { slice::from_raw_parts_mut(bytes.as_mut_ptr().cast(), len) })
    }
}

/// The weights of a layer: where they lie, their distribution, and their histogram.
#[repr(C)]
struct Weights {
    address: u32,
    inputs: u32,
    outputs: u32,
    /// 0 for a constant, 1 for a normal, 2 for a truncated normal, 3 for a uniform.
    kind: u32,
    /// The standard deviation of the distribution.
    std: f32,
    /// The histogram reaches from minus to plus this.
    reach: f32,
    smallest: f32,
    largest: f32,
    /// The shares of the values in each bin.
    bins: [f32; WEIGHT_BINS],
}

struct State {
    /// The last of the two is extended, so that the first must be taken first.
    file: Memory,
    work: Memory,
    digits: Option<Digits<'static>>,
    /// The architectures of the networks that are looked at or trained.
    architectures: [Option<Architecture>; NETWORKS],
    trainings: [Option<training::Training>; NETWORKS],
    layers: [survey::Layer; DEEPEST],
    weights: Weights,
}

struct Cell(UnsafeCell<State>);

// SAFETY: the module is built without threads.
unsafe impl Sync for Cell {}

static STATE: Cell = Cell(UnsafeCell::new(State {
    file: Memory::NONE,
    work: Memory::NONE,
    digits: None,
    architectures: [None; NETWORKS],
    trainings: [None; NETWORKS],
    layers: [survey::Layer::NONE; DEEPEST],
    weights: Weights {
        address: 0,
        inputs: 0,
        outputs: 0,
        kind: 0,
        std: 0.0,
        reach: 0.0,
        smallest: 0.0,
        largest: 0.0,
        bins: [0.0; WEIGHT_BINS],
    },
}));

fn state() -> &'static mut State {
    // SAFETY: each exported function calls this once, and they don't call each other.
    unsafe { &mut *STATE.0.get() }
}

fn architecture(depth: usize, width: usize, activation: usize) -> Option<Architecture> {
    let (activation, _) = *Activation::ALL.get(activation)?;
    Architecture::new(depth, width, activation)
}

/// Divides the working memory: first the rows of the pass, then the networks, each of the same size.
fn divide(
    work: &mut Memory,
    architecture: Architecture,
    number: usize,
) -> Option<(Pass<'_>, &mut [f32])> {
    let (rows, parameters) = (architecture.rows(), architecture.parameters());
    let floats = work.floats(rows * BATCH + (number + 1) * parameters)?;
    let (rows, networks) = floats.split_at_mut_checked(rows * BATCH)?;
    let (rows, _) = rows.as_chunks_mut();
    Some((Pass::new(architecture, rows)?, networks.get_mut(number * parameters..)?))
}

/// Returns where the unpacked file of digits goes, or 0 if there is no memory.
#[unsafe(no_mangle)]
extern "C" fn digits() -> *mut u8 {
    state().file.bytes(BYTES).map_or(core::ptr::null_mut(), <[u8]>::as_mut_ptr)
}

/// Reads the digits. Returns whether they are sound.
#[unsafe(no_mangle)]
extern "C" fn read_digits() -> bool {
    let state = state();
    let Some(bytes) = state.file.bytes(BYTES) else { return false };
    // SAFETY: the memory is never given back. JavaScript writes to it only before this call.
    state.digits = Digits::read(unsafe { slice::from_raw_parts(bytes.as_ptr(), BYTES) });
    state.digits.is_some()
}

/// Starts network 0, and describes every hidden layer. Returns the loss, or −1 if the request is not valid.
#[unsafe(no_mangle)]
extern "C" fn look(
    depth: usize,
    width: usize,
    activation: usize,
    index: usize,
    gain: f32,
    seed: u64,
) -> f32 {
    let state = state();
    state.architectures[0] = architecture(depth, width, activation);
    let mut look = || {
        let (architecture, digits) = (state.architectures[0]?, state.digits.as_ref()?);
        let (mut pass, parameters) = divide(&mut state.work, architecture, 0)?;
        let start = Start::new(index, gain)?;
        let mut network =
            Network::start(architecture, start, Stream::new(seed), parameters).ok()?;
        Some(survey(architecture, &mut network, digits, &mut pass, &mut state.layers))
    };
    look().unwrap_or(-1.0)
}

/// Returns the descriptions that `look` made.
#[unsafe(no_mangle)]
extern "C" fn layers() -> *const survey::Layer {
    state().layers.as_ptr()
}

/// Returns the number of floats that describe a layer.
#[unsafe(no_mangle)]
extern "C" fn layer_floats() -> usize {
    size_of::<survey::Layer>() / 4
}

/// Returns the number of bins in a histogram of `look`, and of `weights`.
#[unsafe(no_mangle)]
extern "C" fn bins() -> usize {
    BINS
}

/// Describes the weights of a layer of network 0, whose scheme and gain are these. Returns null if there is none.
#[unsafe(no_mangle)]
extern "C" fn weights(layer: usize, index: usize, gain: f32) -> *const u8 {
    let state = state();
    let mut describe = || {
        let architecture = state.architectures[0]?;
        if layer > architecture.depth() {
            return None;
        }
        let (_, parameters) = divide(&mut state.work, architecture, 0)?;
        let mut network = Network::resume(architecture, parameters);
        let values = network.weights(layer);
        let shape = architecture.shape(layer);
        let fan = shape.fan().ok()?;
        let distribution = Start::new(index, gain)?.distribution(&shape).ok()?;
        let (kind, std) = match distribution {
            distribution @ Distribution::Normal { .. } => (1, distribution.std()),
            distribution @ Distribution::TruncatedNormal { .. } => (2, distribution.std()),
            distribution @ Distribution::Uniform { .. } => (3, distribution.std()),
            _ => (0, 0.0),
        };
        let out = &mut state.weights;
        out.address = values.as_ptr().addr() as u32;
        (out.inputs, out.outputs) = (fan.fan_in as u32, fan.fan_out as u32);
        (out.kind, out.std, out.reach) = (kind, std, WEIGHT_REACH * std);
        (out.smallest, out.largest) = (f32::INFINITY, f32::NEG_INFINITY);
        let mut counts = [0_u32; WEIGHT_BINS];
        let per_unit = if std > 0.0 { WEIGHT_BINS as f32 / (2.0 * out.reach) } else { 0.0 };
        for &x in &*values {
            if x < out.smallest {
                out.smallest = x;
            }
            if x > out.largest {
                out.largest = x;
            }
            let bin = x * per_unit + (WEIGHT_BINS / 2) as f32;
            if bin >= 0.0
                && let Some(count) = counts.get_mut(bin as usize)
            {
                *count += 1;
            }
        }
        out.bins = counts.map(|count| count as f32 / values.len() as f32);
        Some(core::ptr::from_ref(out).cast())
    };
    describe().unwrap_or(core::ptr::null())
}

/// Starts a network that is to be trained. All of an instance have the same architecture. Returns whether the request is
/// valid.
#[unsafe(no_mangle)]
extern "C" fn begin(
    number: usize,
    depth: usize,
    width: usize,
    activation: usize,
    index: usize,
    gain: f32,
    seed: u64,
    rate: f32,
) -> bool {
    let state = state();
    let mut begin = || {
        let architecture = architecture(depth, width, activation)?;
        *state.architectures.get_mut(number)? = Some(architecture);
        let (_, parameters) = divide(&mut state.work, architecture, number)?;
        let (start, stream) = (Start::new(index, gain)?, Stream::new(seed));
        Network::start(architecture, start, stream, parameters).ok()?;
        *state.trainings.get_mut(number)? = Some(training::Training::new(seed, rate));
        Some(())
    };
    begin().is_some()
}

/// Takes steps with a network. Returns the mean loss, infinity if the network diverged, or −1 if there is none.
#[unsafe(no_mangle)]
extern "C" fn train(number: usize, steps: usize) -> f32 {
    let state = state();
    let mut train = || {
        let (architecture, digits) = ((*state.architectures.get(number)?)?, state.digits.as_ref()?);
        let training = state.trainings.get_mut(number)?.as_mut()?;
        let (mut pass, parameters) = divide(&mut state.work, architecture, number)?;
        let mut network = Network::resume(architecture, parameters);
        Some(training.train(steps, &mut network, digits, &mut pass))
    };
    train().unwrap_or(-1.0)
}

/// Returns the share of held-out images that a network recognises, or −1 if there is none.
#[unsafe(no_mangle)]
extern "C" fn accuracy(number: usize) -> f32 {
    let state = state();
    let mut measure = || {
        let (architecture, digits) = ((*state.architectures.get(number)?)?, state.digits.as_ref()?);
        let (mut pass, parameters) = divide(&mut state.work, architecture, number)?;
        let mut network = Network::resume(architecture, parameters);
        Some(training::accuracy(&mut network, digits, &mut pass))
    };
    measure().unwrap_or(-1.0)
}

/// Returns the number of steps in an epoch.
#[unsafe(no_mangle)]
extern "C" fn steps() -> usize {
    STEPS
}

/// Returns the hash of a million values.
#[unsafe(no_mangle)]
extern "C" fn hash() -> u64 {
    hash_of_normals()
}

/// Fills so many values, to measure the time. Returns whether it did.
#[unsafe(no_mangle)]
extern "C" fn fill(seed: u64, len: usize) -> bool {
    let Some(values) = state().work.floats(len) else { return false };
    fill_normal(Stream::new(seed), 0, 0.0, 0.05, values).is_ok()
}

const _: () = {
    // The largest six networks fit in memory by far.
    let hidden = (DEEPEST - 1) * WIDEST * WIDEST;
    assert!(NETWORKS * 4 * (hidden + WIDEST * (784 + CLASSES)) < 1 << 27);
};

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    wasm32::unreachable()
}
