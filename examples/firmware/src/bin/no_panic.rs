//! Links only if the code that it calls contains no panic, because its panic handler calls a function that
//! doesn't exist. The example `panics` proves that linking can fail.
#![no_std]
#![no_main]

use core::{hint::black_box, mem::MaybeUninit};

use firmware::{
    board::{self, Memory},
    network::{self, Layers},
};
use rand_core::SeedableRng;
use weight_init::{
    Activation, Backend, Cut, Distribution, Draw, FanMode, Init, InitError, LaneRng, Layer, Layout,
    Plan, Recurrent, Shape, Stream, SubPixel, Tensor, fill_normal, fill_uniform,
};

#[path = "../unlinkable.rs"]
mod unlinkable;

const LEN: usize = network::len(16);
static MEMORY: Memory<[f32; LEN]> = Memory::new([0.0; LEN]);

#[board::entry]
fn main() -> ! {
    let filled = MEMORY.take().is_some_and(|memory| {
        let memory = black_box(memory.as_mut_slice());
        tensors(memory).and_then(|()| structures(memory)).and_then(|()| plans(memory)).is_ok()
    });
    board::exit(filled)
}

/// Fills single tensors, with arguments that the compiler can't know.
fn tensors(memory: &mut [f32]) -> Result<(), InitError> {
    let model = Stream::from_rng(&mut LaneRng::seed_from_u64(black_box(42)));
    let stream = model.named(black_box("model")).substream(black_box(7));
    let (start, init) = (black_box(70), black_box(Init::he_normal()));
    let conv = black_box(Shape::conv2d(4, 8, [3, 3]).grouped(2).layout(Layout::InOut));
    black_box(Shape::from_dims(black_box(&[8, 2, 3, 3]), Layout::OutIn, 2))?;
    black_box((conv.dims()?, conv.fan()?));

    let weights = memory.get_mut(..conv.try_len()?).unwrap_or_default();
    init.fill(stream, &conv, weights)?;
    init.gain(black_box(0.5)).mode(FanMode::FanAvg).fill(stream, &conv, weights)?;
    init.cut(black_box(1.5)).fill(stream, &conv, weights)?;
    let page = memory.get_mut(..64).unwrap_or_default();
    init.fill_range(stream, &conv, start, page)?;
    fill_normal(stream, start, black_box(1.0), 0.1, page)?;
    fill_uniform(stream, start, black_box(-1.0), 0.1, page)?;
    let (wide, tall) = black_box((Shape::dense(16, 4), Shape::dense(4, 16)));
    Init::orthogonal().gain(black_box(1.0)).fill(stream, &wide, page)?;
    Init::orthogonal().gain(black_box(1.0)).fill(stream, &tall, page)?;
    black_box(Distribution::Constant { value: 1.0 }).fill(stream, start, page)?;
    black_box(Distribution::Normal { mean: 0.0, std: 1.0 }).fill(stream, start, page)?;
    for cut in [Cut::TWO, Cut::at(black_box(3.0)), Cut::std_before(black_box(1.0))] {
        let truncated = black_box(Distribution::TruncatedNormal { mean: 1.0, std: 1.0, cut });
        truncated.fill(stream, start, page)?;
        black_box(truncated.std());
    }
    let mut fixed = [0_i16; 64];
    black_box(Distribution::Normal { mean: 0.0, std: 1.0 })
        .draw_range(stream, start..start + 64)?
        .write_fixed(black_box(15), &mut fixed)
        .map(black_box)?;
    black_box(black_box(Init::he_normal()).verify_fixed(&conv, black_box(15), &fixed)).ok();
    black_box(black_box(Init::he_normal()).verify_as(&conv, page)).ok();
    let mut fresh = [MaybeUninit::<f32>::uninit(); 64];
    init.draw(stream, &conv)?.range(start..start + 64)?.write_uninit(&mut fresh)?;

    black_box(black_box("OHWI").parse::<Layout>()).ok();
    black_box(black_box("portable").parse::<Backend>()).ok();
    Ok(())
}

/// Fills tensors by schemes whose values depend on each other or on their index. Schemes are not parsed by
/// name, because the number parser in `core` contains a panic.
fn structures(memory: &mut [f32]) -> Result<(), InitError> {
    let stream = Stream::new(black_box(42));
    let (dense, conv) = (Shape::dense(9, 16), Shape::conv2d(4, 8, [3, 3]).layout(Layout::InOut));
    let mut fixed = [0_i8; 40];
    for (init, shape) in black_box([
        (Init::orthogonal(), dense),
        (Init::delta_orthogonal(), conv),
        (Init::identity(), dense),
        (Init::dirac(), conv),
        (Init::bilinear(), conv),
        (Init::sparse(0.5, 0.1), dense),
        (Init::xavier_truncated_normal().icnr(2, SubPixel::DepthToSpace), conv),
    ]) {
        let weights = memory.get_mut(..shape.try_len()?).unwrap_or_default();
        init.fill(stream, &shape, weights)?;
        // Returns an error for orthogonal schemes, which can't be computed in parts.
        black_box(init.fill_range(
            stream,
            &shape,
            black_box(7),
            weights.get_mut(..40).unwrap_or_default(),
        ))
        .ok();
        let draw = init.draw(stream, &shape)?;
        black_box(draw.range(7..47)?.write_fixed(black_box(5), &mut fixed)).ok();
        blocks(&draw, memory).ok();
    }
    let lstm = black_box(Recurrent::lstm(5, 6).layout(Layout::InOut));
    for (init, shape) in black_box([
        (Init::orthogonal(), lstm.input_shape()),
        (Init::xavier_uniform(), lstm.recurrent_shape()),
        (Init::gates([0.0, 1.0, 0.0, 0.0]), lstm.bias_shape()),
        (Init::sparse(0.5, 0.1), dense.stacked(2)),
        (Init::pytorch_default(), dense.bias()),
    ]) {
        init.fill(stream, &shape, memory.get_mut(..shape.len()).unwrap_or_default())?;
        blocks(&init.draw(stream, &shape)?, memory).ok();
    }
    let weights = memory.get_mut(..144).unwrap_or_default();
    Init::he_normal().fill(stream, &dense, weights)?;
    black_box(black_box(Init::he_normal()).verify(&dense, weights)).ok();
    Ok(())
}

/// Fills a block of a tensor with strides, a shard of it, and the same by way of the whole tensor.
fn blocks(draw: &Draw, memory: &mut [f32]) -> Result<(), InitError> {
    let sizes = draw.dims()?;
    let mut halves = [0; 9];
    for (half, size) in halves.iter_mut().zip(&*sizes) {
        *half = size / 2;
    }
    let halves = halves.get(..sizes.len()).unwrap_or_default();
    let block = draw.block(halves, halves)?;
    let (whole, part) = memory.split_at_mut_checked(draw.len()).unwrap_or_default();
    block.write(part.get_mut(..block.len()).unwrap_or_default())?;
    let strides = black_box([1, 7, 200, 300]);
    let strided = block.strided(strides.get(..sizes.len()).unwrap_or_default())?;
    strided.write_through(whole, part)?;
    let shard = draw.shard(black_box(0), 1, 3)?;
    shard.write(part.get_mut(..shard.len()).unwrap_or_default())
}

/// Fills, checks and divides a whole network.
fn plans(memory: &mut [f32]) -> Result<(), InitError> {
    let stream = Stream::new(black_box(42));
    let plan = Layers::from_layers(&black_box(network::layers(16, None)))?;
    plan.fill(stream, memory)?;
    black_box(plan.verify(memory)).ok();
    plan.fill_range(stream, black_box(1000), memory.get_mut(..64).unwrap_or_default())?;
    plan.fill_tensor(stream, black_box("fc2.weight"), memory)?;
    let mut pages = plan.pages(stream)?;
    while let Some(page) = pages.next_page(memory.get_mut(..black_box(70)).unwrap_or_default()) {
        black_box(page);
    }
    for (tensor, values) in plan.slices_mut(memory)? {
        black_box((tensor.range(), values));
    }
    for (tensor, values) in plan.slices(memory)? {
        black_box((tensor.name(), tensor.stream(stream), values));
    }

    let (mut page, share) = ([0_i8; 70], black_box(1e-3));
    let fixed_point = |tensor: &Tensor| tensor.fixed_point::<i8>(share);
    plan.draw(stream).range(5..75)?.write_fixed(fixed_point, &mut page)?;
    black_box(plan.matches_fixed(stream, black_box(5), fixed_point, &page)).ok();
    black_box(plan.verify_fixed(fixed_point, &page)).ok();
    let mut pages = plan.pages(stream)?;
    while let Some(page) = pages.next_page_fixed(fixed_point, &mut page)? {
        black_box(page);
    }
    let mut bytes = [0_u8; 70];
    let finest = |tensor: &Tensor| tensor.quantization::<u8>(share);
    plan.draw(stream).tensor(black_box("fc1.bias"))?.write_fixed(finest, &mut bytes).ok();
    black_box(Init::he_normal().fixed_point::<i16>(&black_box(Shape::dense(70, 9)), share)).ok();

    let mut plan: Plan<3> = Plan::new();
    let slope = black_box(0.1);
    let layer = Layer::new("up", Shape::dense(9, 4), Activation::LeakyRelu { slope });
    plan.push(black_box(layer.bias(Init::lecun_uniform())))?;
    black_box(plan.tensor(black_box("up.bias")));
    // A full plan returns an error.
    let full = plan.push(black_box(Layer::with_init("fc", Shape::dense(2, 2), Init::ones())));
    let expected = InitError::PlanFull { capacity: 3, needed: 4 };
    if full == Err(expected) { Ok(()) } else { Err(expected) }
}
