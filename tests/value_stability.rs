//! Stream format 1, bit for bit, against vectors that were computed without the crate.
//! A failure here is a value-breaking change.
//!
//! It needs no allocation and no operating system: the firmware in `examples/` runs this very file.

use rand_core::{Rng, SeedableRng};
use weight_init::{
    Activation, Cut, Distribution, Fan, FanMode, Init, LaneRng, Layer, Layout, Plan, Recurrent,
    Shape, Stream, SubPixel, fill_normal, fill_truncated_normal, fill_uniform,
};

use crate::vectors as v;

/// Each vector by itself, as a range of one value.
fn check(name: &str, vectors: &[(u64, u32)], fill: impl Fn(u64, &mut [f32])) {
    for &(index, bits) in vectors {
        let mut value = [f32::NAN];
        fill(index, &mut value);
        assert_eq!(
            value[0].to_bits(),
            bits,
            "{name}[{index}]: {} and not {}",
            value[0],
            f32::from_bits(bits)
        );
    }
}

#[cfg_attr(test, test)]
pub fn words() {
    for (block, words) in v::WORDS {
        let mut rng = LaneRng::seed_from_u64(Stream::new(42).block_key(block));
        assert_eq!([(); 4].map(|()| rng.next_u32()), words, "block {block}");
    }
}

#[cfg_attr(test, test)]
pub fn normal() {
    let fill = |stream: Stream, mean, std| {
        move |index, out: &mut [f32]| fill_normal(stream, index, mean, std, out).unwrap()
    };
    check("NORMAL", &v::NORMAL, fill(Stream::new(42), 0.0, 1.0));
    check("OVERHANG", &v::OVERHANG, fill(Stream::new(42), 0.0, 1.0));
    check("SHIFTED", &v::SHIFTED, fill(Stream::new(42), -1.5, 0.3));
    check("OVERHANG_SHIFTED", &v::OVERHANG_SHIFTED, fill(Stream::new(42), -1.5, 0.3));
    check("NAMED", &v::NAMED, fill(Stream::new(0).named("fc1.weight"), 0.0, 1.0));
    let substream = Stream::new(u64::MAX).substream(7).substream(8);
    check("SUBSTREAM", &v::SUBSTREAM, fill(substream, 0.0, 1.0));
}

#[cfg_attr(test, test)]
pub fn truncated_normal() {
    let fill = |mean, std| {
        move |index, out: &mut [f32]| {
            fill_truncated_normal(Stream::new(42), index, mean, std, out).unwrap()
        }
    };
    check("TRUNCATED", &v::TRUNCATED, fill(0.0, 1.0));
    check("TRUNCATED_OVERHANG", &v::TRUNCATED_OVERHANG, fill(0.0, 1.0));
    check("TRUNCATED_SHIFTED", &v::TRUNCATED_SHIFTED, fill(-1.5, 0.3));
    check_hash("TRUNCATED", v::TRUNCATED_HASH, fill(0.0, 1.0));
    check_hash("TRUNCATED_SHIFTED", v::TRUNCATED_SHIFTED_HASH, fill(-1.5, 0.3));
}

#[cfg_attr(test, test)]
pub fn truncated_anywhere() {
    let fill = |mean, std, cut| {
        let truncated = Distribution::TruncatedNormal { mean, std, cut };
        move |index, out: &mut [f32]| truncated.fill(Stream::new(42), index, out).unwrap()
    };
    let cases: [(_, &[(u64, u32)], _, _, _, _); 4] = [
        ("CUT_3", &v::CUT_3, v::CUT_3_HASH, 0.0, 1.0, Cut::at(3.0)),
        ("CUT_1", &v::CUT_1, v::CUT_1_HASH, -1.5, 0.3, Cut::at(1.0)),
        ("CUT_1_5", &v::CUT_1_5, v::CUT_1_5_HASH, 0.25, 0.02, Cut::std_before(1.5)),
        ("CUT_2_5", &v::CUT_2_5, v::CUT_2_5_HASH, 0.0, 0.7, Cut::std_before(2.5)),
    ];
    for (name, vectors, hash, mean, std, cut) in cases {
        check(name, vectors, fill(mean, std, cut));
        check_hash(name, hash, fill(mean, std, cut));
    }
}

#[cfg_attr(test, test)]
pub fn uniform() {
    let fill = |low, high| {
        move |index, out: &mut [f32]| fill_uniform(Stream::new(42), index, low, high, out).unwrap()
    };
    check("UNIFORM", &v::UNIFORM, fill(-0.1, 0.1));
    check("LOPSIDED", &v::LOPSIDED, fill(-0.25, 1.0));
}

/// 64-bit FNV-1a of many values' bits, made in pieces. One value that is rounded otherwise changes it.
#[inline(never)]
fn hash(count: u64, mut fill: impl FnMut(u64, &mut [f32])) -> u64 {
    let mut piece = [f32::NAN; 1000];
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for start in (0..count).step_by(piece.len()) {
        let piece = &mut piece[..(count - start).min(1000) as usize];
        fill(start, piece);
        for byte in piece.iter().flat_map(|v| v.to_bits().to_le_bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

fn check_hash(name: &str, (count, expected): (u64, u64), fill: impl FnMut(u64, &mut [f32])) {
    assert_eq!(hash(count, fill), expected, "{name}");
}

/// 64-bit FNV-1a of the bytes of whole tensors.
fn check_bytes(name: &str, expected: (u64, u64), len: usize, bytes: impl Iterator<Item = u8>) {
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    assert_eq!((len as u64, hash), expected, "{name}");
}

fn check_tensor(name: &str, expected: (u64, u64), values: &[f32]) {
    check_bytes(name, expected, values.len(), values.iter().flat_map(|v| v.to_le_bytes()));
}

#[cfg_attr(test, test)]
pub fn orthogonal() {
    let stream = Stream::new(42);
    let mut out = [f32::NAN; 20 * 33];
    Init::orthogonal().gain(1.5).fill(stream, &Shape::dense(33, 20), &mut out).unwrap();
    check_tensor("ORTHOGONAL", v::ORTHOGONAL_HASH, &out);
    let out = &mut out[..33 * 7];
    Init::orthogonal().fill(stream, &Shape::dense(7, 33), out).unwrap();
    check_tensor("ORTHOGONAL_TALL", v::ORTHOGONAL_TALL_HASH, out);
    let out = &mut out[..3 * 4 * 9];
    Init::delta_orthogonal().fill(stream, &Shape::conv2d(3, 4, [3, 3]), out).unwrap();
    check_tensor("DELTA", v::DELTA_HASH, out);
}

#[cfg_attr(test, test)]
pub fn sparse_and_icnr() {
    let stream = Stream::new(42);
    let mut out = [f32::NAN; 9 * 20];
    Init::sparse(0.3, 0.5).fill(stream, &Shape::dense(9, 20), &mut out).unwrap();
    check_tensor("SPARSE", v::SPARSE_HASH, &out);
    let (shape, mut out) = (Shape::conv2d(2, 12, [3, 3]), [f32::NAN; 12 * 18]);
    Init::he_normal().icnr(2, SubPixel::PixelShuffle).fill(stream, &shape, &mut out).unwrap();
    check_tensor("PIXEL_SHUFFLE", v::PIXEL_SHUFFLE_HASH, &out);
    Init::he_normal().icnr(2, SubPixel::DepthToSpace).fill(stream, &shape, &mut out).unwrap();
    check_tensor("DEPTH_TO_SPACE", v::DEPTH_TO_SPACE_HASH, &out);
}

/// Blocks, with slots in another order than the values, and stacks.
#[cfg_attr(test, test)]
pub fn blocks() {
    let mut out = [f32::NAN; 40 * 21];
    let mut check =
        |name, expected, init: Init, shape: &Shape, [offsets, sizes, strides]: [&[usize]; 3]| {
            let draw = init.draw(Stream::new(42), shape).unwrap();
            let block = draw.block(offsets, sizes).unwrap().strided(strides).unwrap();
            let out = &mut out[..block.len()];
            block.write(out).unwrap();
            check_tensor(name, expected, out);
        };
    let at = [&[45, 7][..], &[40, 21], &[1, 40]];
    check("BLOCK", v::BLOCK_HASH, Init::he_normal(), &Shape::dense(64, 96), at);
    let gates = Shape::dense(5, 7).packed(4).layout(Layout::InOut);
    let at = [&[1, 5][..], &[3, 17], &[17, 1]];
    check("PACKED_BLOCK", v::PACKED_BLOCK_HASH, Init::xavier_uniform(), &gates, at);
    let pair = Shape::dense(9, 20).stacked(2);
    let at = [&[0, 3, 2][..], &[2, 10, 5], &[1, 2, 20]];
    check("STACKED_BLOCK", v::STACKED_BLOCK_HASH, Init::sparse(0.3, 0.5), &pair, at);
    let upscale = Init::he_normal().icnr(2, SubPixel::PixelShuffle);
    let at = [&[3, 0, 1, 0][..], &[7, 2, 2, 3], &[12, 6, 3, 1]];
    check("SHUFFLED_BLOCK", v::SHUFFLED_BLOCK_HASH, upscale, &Shape::conv2d(2, 12, [3, 3]), at);
}

/// Blocks and shards in other formats, compared with the whole tensor.
#[cfg_attr(test, test)]
pub fn parts() {
    let (stream, shape) = (Stream::new(42), Shape::dense(12, 10).stacked(2));
    let draw = Init::he_normal().draw(stream, &shape).unwrap();
    let (mut floats, mut whole) = ([f32::NAN; 240], [0_i8; 240]);
    draw.write(&mut floats).unwrap();
    assert_eq!(draw.write_fixed(5, &mut whole), Ok(0));
    let block = draw.block(&[0, 3, 5], &[2, 4, 5]).unwrap().strided(&[1, 10, 2]).unwrap();
    let (mut values, mut fixed) = ([f32::NAN; 40], [0_i8; 40]);
    block.write_as(&mut values).unwrap();
    block.write_fixed(5, &mut fixed).unwrap();
    for (slot, (value, fixed)) in values.iter().zip(fixed).enumerate() {
        let index = slot % 2 * 120 + (3 + slot / 10) * 12 + 5 + slot / 2 % 5;
        assert_eq!((value.to_bits(), fixed), (floats[index].to_bits(), whole[index]), "{index}");
    }
    let mut part = [0_i8; 80];
    draw.shard(2, 1, 3).unwrap().write_fixed(5, &mut part).unwrap();
    assert!(part.iter().enumerate().all(|(i, fixed)| *fixed == whole[i / 4 * 12 + 4 + i % 4]));
}

/// Rows of an orthogonal matrix, by way of the whole.
#[cfg_attr(test, test)]
pub fn through() {
    let shape = Shape::dense(12, 9);
    let rows = Init::orthogonal().draw(Stream::new(42), &shape).unwrap().range(48..96).unwrap();
    let (mut scratch, mut rest) = ([f32::NAN; 108], [f32::NAN; 48]);
    rows.write_through(&mut scratch, &mut rest).unwrap();
    let mut whole = [f32::NAN; 108];
    Init::orthogonal().fill(Stream::new(42), &shape, &mut whole).unwrap();
    // Not `assert_eq`, which would print the numbers. That takes 20 KB of a board's flash.
    assert!(rest[..] == whole[48..96] && scratch == whole);
}

/// A plan with stacks, gates and a dense layer, resumed in the middle and in another format.
#[cfg_attr(test, test)]
pub fn resumed() {
    let (stream, lstm) = (Stream::new(42), Recurrent::lstm(6, 5));
    let layers = [
        Layer::tensor("w_ih", lstm.input_shape(), Init::xavier_uniform()),
        Layer::tensor("b_ih", lstm.bias_shape(), Init::gates([0.0, 1.0, 0.0, 0.0])),
        Layer::new("fc", Shape::dense(5, 30), Activation::Relu),
    ];
    let plan: Plan<4> = Plan::from_layers(&layers).unwrap();
    let mut buffer = [f32::NAN; 320];
    plan.fill(stream, &mut buffer).unwrap();
    assert_eq!(plan.matches(stream, 0, &buffer), Ok(true));
    assert_eq!(plan.matches(Stream::new(43), 64, &buffer[64..128]), Ok(false));
    let mut pages = plan.pages_in(stream, 100..250).unwrap();
    let mut page = [f32::NAN; 64];
    while let Some((start, values)) = pages.next_page(&mut page) {
        assert_eq!(values, &buffer[start..start + values.len()]);
    }
    let (mut fixed, mut alone) = ([0_i8; 64], [0_i8; 20]);
    plan.draw(stream).range(100..164).unwrap().write_fixed(|_| 5, &mut fixed).unwrap();
    let tensor = plan.tensor("w_ih").unwrap().draw(stream);
    tensor.range(100..120).unwrap().write_fixed(5, &mut alone).unwrap();
    assert_eq!(fixed[..20], alone);
}

#[cfg_attr(test, test)]
pub fn stats() {
    let shifted = Distribution::Normal { mean: -1.5, std: 0.3 };
    let mut values = [f32::NAN; 1003];
    shifted.fill(Stream::new(42), 0, &mut values).unwrap();
    shifted.verify(&values).unwrap();
    let stats = shifted.stats(&values);
    let bits = [stats.mean, stats.std, stats.min, stats.max].map(f32::to_bits);
    assert_eq!((bits, [stats.beyond_2_std, stats.beyond_3_std]), v::STATS);
}

/// Returns the bytes of 20,000 slots that are filled 200 at a time, because a device has little memory.
fn pieces<T: Copy, const N: usize>(
    zero: T,
    fill: impl Fn(u64, &mut [T]),
    bytes: impl Fn(T) -> [u8; N],
) -> impl Iterator<Item = u8> {
    (0..100).flat_map(move |piece| {
        let mut out = [zero; 200];
        fill(200 * piece, &mut out);
        out.map(&bytes).into_iter().flatten()
    })
}

#[cfg_attr(test, test)]
pub fn formats() {
    let (stream, half) = (Stream::new(42), Distribution::Normal { mean: 0.0, std: 0.5 });
    let draw = |start| half.draw_range(stream, start..start + 200).unwrap();
    let fill = |start, out: &mut [i8]| _ = draw(start).write_fixed(6, out).unwrap();
    check_bytes("I8", v::I8_HASH, 20_000, pieces(0, fill, i8::to_le_bytes));
    let fill = |start, out: &mut [i16]| _ = draw(start).write_fixed(15, out).unwrap();
    check_bytes("I16", v::I16_HASH, 20_000, pieces(0, fill, i16::to_le_bytes));
    let fill = |start, out: &mut [i32]| _ = draw(start).write_fixed(31, out).unwrap();
    check_bytes("I32", v::I32_HASH, 20_000, pieces(0, fill, i32::to_le_bytes));
    #[cfg(feature = "half")]
    {
        use half::{bf16, f16};

        let fill = |start, out: &mut [f16]| draw(start).write_as(out).unwrap();
        check_bytes("F16", v::F16_HASH, 20_000, pieces(f16::NAN, fill, f16::to_le_bytes));
        let fill = |start, out: &mut [bf16]| draw(start).write_as(out).unwrap();
        check_bytes("BF16", v::BF16_HASH, 20_000, pieces(bf16::NAN, fill, bf16::to_le_bytes));
    }
}

/// Returns the hash of 2²⁰ normal values, which the firmware prints.
#[allow(dead_code, reason = "only the firmware prints it")]
pub fn hash_of_normals() -> u64 {
    hash(v::NORMAL_HASH.0, |start, out| fill_normal(Stream::new(42), start, 0.0, 1.0, out).unwrap())
}

#[cfg_attr(test, test)]
pub fn hashes() {
    let stream = Stream::new(42);
    let normal = |mean, std| {
        move |start, out: &mut [f32]| fill_normal(stream, start, mean, std, out).unwrap()
    };
    let uniform = |low, high| {
        move |start, out: &mut [f32]| fill_uniform(stream, start, low, high, out).unwrap()
    };
    check_hash("NORMAL", v::NORMAL_HASH, normal(0.0, 1.0));
    check_hash("SHIFTED", v::SHIFTED_HASH, normal(-1.5, 0.3));
    check_hash("UNIFORM", v::UNIFORM_HASH, uniform(-0.1, 0.1));
    check_hash("LOPSIDED", v::LOPSIDED_HASH, uniform(-0.25, 1.0));
}

#[cfg_attr(test, test)]
pub fn plan() {
    let plan: Plan<6> = Plan::from_layers(&[
        Layer::new("conv", Shape::conv2d(1, 8, [3, 3]), Activation::Relu),
        Layer::new("fc1", Shape::dense(288, 32), Activation::Tanh),
        Layer::new("fc2", Shape::dense(32, 10), Activation::Linear),
    ])
    .unwrap();
    assert_eq!(plan.len() as u64, v::PLAN_HASH.0);
    let fill = |start, out: &mut [f32]| plan.fill_range(Stream::new(42), start, out).unwrap();
    check_hash("PLAN", v::PLAN_HASH, fill);
    let mut pages = plan.pages(Stream::new(42)).unwrap();
    let next = |start, out: &mut [f32]| assert_eq!(pages.next_page(out).unwrap().0 as u64, start);
    check_hash("PLAN in pages", v::PLAN_HASH, next);
}

#[cfg_attr(test, test)]
pub fn scales() {
    for (fan_in, fan_out, gain, bits) in v::SCALES {
        let lecun = [Init::lecun_normal(), Init::lecun_uniform()].map(|i| i.mode(FanMode::FanOut));
        let inits = [
            Init::he_normal(),
            Init::he_uniform(),
            Init::xavier_normal(),
            Init::xavier_uniform(),
            lecun[0],
            lecun[1],
        ];
        let given = inits.map(|init| {
            let init = init.gain(f32::from_bits(gain));
            match init.distribution(Fan::new(fan_in, fan_out)).unwrap() {
                Distribution::Normal { std, .. } => std.to_bits(),
                Distribution::Uniform { high, .. } => high.to_bits(),
                other => panic!("{other:?}"),
            }
        });
        assert_eq!(given, bits, "{fan_in}, {fan_out}, gain {}", f32::from_bits(gain));
    }
}

#[cfg_attr(test, test)]
pub fn more_scales() {
    for (fan_in, fan_out, bits) in v::MORE_SCALES {
        let inits = [
            Init::he_truncated_normal().mode(FanMode::FanGeoAvg),
            Init::he_uniform().mode(FanMode::FanGeoAvg),
            Init::pytorch_default(),
        ];
        let given = inits.map(|init| match init.distribution(Fan::new(fan_in, fan_out)).unwrap() {
            Distribution::TruncatedNormal { std, .. } => std.to_bits(),
            Distribution::Uniform { high, .. } => high.to_bits(),
            other => panic!("{other:?}"),
        });
        assert_eq!(given, bits, "{fan_in}, {fan_out}");
    }
}

#[cfg_attr(test, test)]
pub fn schemes() {
    let shape = Shape::conv2d(3, 8, [3, 3]);
    let fill = |init: Init| {
        move |index, out: &mut [f32]| init.fill_range(Stream::new(42), &shape, index, out).unwrap()
    };
    check("HE_NORMAL", &v::HE_NORMAL, fill(Init::he_normal()));
    check("HE_UNIFORM", &v::HE_UNIFORM, fill(Init::he_uniform()));
    check("XAVIER_NORMAL", &v::XAVIER_NORMAL, fill(Init::xavier_normal()));
    check("XAVIER_UNIFORM", &v::XAVIER_UNIFORM, fill(Init::xavier_uniform()));
    check("LECUN_NORMAL", &v::LECUN_NORMAL, fill(Init::lecun_normal()));
    check("LECUN_UNIFORM", &v::LECUN_UNIFORM, fill(Init::lecun_uniform()));
    check("NORMAL", &v::NORMAL[..5], fill(Init::normal(0.0, 1.0)));
    check("UNIFORM", &v::UNIFORM[..5], fill(Init::uniform(-0.1, 0.1)));
    check("ones", &[(0, 0x3f80_0000), (215, 0x3f80_0000)], fill(Init::ones()));
    check("zeros", &[(0, 0), (215, 0)], fill(Init::zeros()));
    check("constant", &[(7, 0xc020_0000)], fill(Init::constant(-2.5)));
}
