//! Requests: any part of any tensor, in slots anywhere, has the bits of that part of the whole. The model is the
//! plainest one: the index of each value, computed axis by axis, in a whole tensor filled by `Init::fill`.

use weight_init::{
    Backend, Dims, Distribution, Draw, Fan, Init, InitError, Layout, Shape, Stream, fill_normal,
};

use crate::{
    cases::{bits, drawn, for_each_tensor, schemes, structured},
    size::size,
};

const STREAM: Stream = Stream::new(77);
const MARK: f32 = -12345.0;

/// Numbers to choose blocks by.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

/// A block of a tensor, and the strides of its slots.
#[derive(Clone, Debug)]
struct Block {
    offsets: Vec<usize>,
    sizes: Vec<usize>,
    strides: Vec<usize>,
}

impl Block {
    /// Returns a block with slots in a random order of the axes, and with gaps after some axes.
    fn random(dims: &[usize], numbers: &mut Numbers) -> Self {
        let offsets: Vec<usize> = dims.iter().map(|&dim| numbers.below(dim)).collect();
        let sizes: Vec<usize> = dims
            .iter()
            .zip(&offsets)
            .map(|(dim, offset)| 1 + numbers.below(dim - offset))
            .collect();
        let mut order: Vec<usize> = (0..dims.len()).collect();
        for i in 0..order.len() {
            let other = i + numbers.below(order.len() - i);
            order.swap(i, other);
        }
        let (mut strides, mut stride) = (vec![0; dims.len()], 1 + numbers.below(2));
        for axis in order {
            strides[axis] = stride;
            stride = stride * sizes[axis] + numbers.below(3) % 2 * numbers.below(5);
        }
        Self { offsets, sizes, strides }
    }

    fn contiguous(&self) -> Self {
        let mut strides = vec![1; self.sizes.len()];
        for axis in (1..strides.len()).rev() {
            strides[axis - 1] = strides[axis] * self.sizes[axis];
        }
        Self { strides, ..self.clone() }
    }

    fn span(&self) -> usize {
        1 + self
            .sizes
            .iter()
            .zip(&self.strides)
            .map(|(size, stride)| (size - 1) * stride)
            .sum::<usize>()
    }

    /// Returns the slots that a tensor with these values gives, and the mark in all others.
    fn expected<T: Copy>(&self, dims: &[usize], whole: &[T], mark: T) -> Vec<T> {
        let mut slots = vec![mark; self.span()];
        for number in 0..self.sizes.iter().product() {
            let (mut rest, mut slot, mut index, mut step) = (number, 0, 0, 1);
            for axis in (0..dims.len()).rev() {
                let at = rest % self.sizes[axis];
                rest /= self.sizes[axis];
                slot += at * self.strides[axis];
                index += (self.offsets[axis] + at) * step;
                step *= dims[axis];
            }
            slots[slot] = whole[index];
        }
        slots
    }

    fn of<'a>(&self, draw: &Draw<'a>) -> Draw<'a> {
        draw.block(&self.offsets, &self.sizes).unwrap().strided(&self.strides).unwrap()
    }
}

fn dims(shape: &Shape) -> Dims {
    shape.dims().unwrap()
}

/// Takes random blocks of every tensor that can be computed in parts, in contiguous and other slots.
#[test]
fn every_block_of_every_scheme() {
    let (mut numbers, mut blocks) = (Numbers(1), 0);
    for_each_tensor(&schemes(), STREAM, |init, shape, whole| {
        if whole.is_empty() || init.fill_range(STREAM, shape, 0, &mut [0.0]).is_err() {
            return;
        }
        let (dims, draw) = (dims(shape), init.draw(STREAM, shape).unwrap());
        for _ in 0..4 {
            let block = Block::random(&dims, &mut numbers);
            let what = format!("{init}, {shape:?}, {block:?}");
            let mut slots = vec![MARK; block.span()];
            block.of(&draw).write(&mut slots).unwrap();
            assert_eq!(bits(&slots), bits(&block.expected(&dims, whole, MARK)), "{what}");

            let plain = block.contiguous();
            let part = draw.block(&block.offsets, &block.sizes).unwrap();
            assert_eq!(*part.dims().unwrap(), block.sizes[..]);
            let mut slots = vec![MARK; part.len()];
            part.write(&mut slots).unwrap();
            assert_eq!(bits(&slots), bits(&plain.expected(&dims, whole, MARK)), "{what}");
            blocks += 1;
        }
    });
    assert!(blocks > 4000, "{blocks} blocks only");
}

/// Larger tensors, whose blocks span many blocks of the stream, in every backend and format.
#[test]
fn every_block_of_a_large_tensor() {
    let shapes = [
        Shape::dense(300, 120),
        Shape::dense(64, 700),
        Shape::dense(11_008, 4),
        Shape::conv2d(40, 60, [3, 5]).layout(Layout::InOut),
        Shape::dense(100, 90).packed(3).layout(Layout::InOut),
        Shape::conv1d(20, 30, 9).stacked(7),
        Shape::vector(30_000),
    ];
    let inits = [
        Init::he_normal(),
        Init::normal(1.0, 0.6),
        Init::uniform(-0.5, 1.5),
        Init::xavier_uniform(),
        Init::truncated_normal(0.0, 0.4),
    ];
    let mut numbers = Numbers(2);
    for (shape, init) in shapes.iter().flat_map(|shape| inits.map(|init| (shape, init))) {
        let (mut whole, dims) = (vec![0.0; shape.len()], dims(shape));
        if init.fill(STREAM, shape, &mut whole).is_err() {
            continue;
        }
        let fixed: Vec<(i8, bool)> = whole
            .iter()
            .map(|v| ((v * 128.0).round_ties_even(), v))
            .map(|(v, _)| (v.clamp(-128.0, 127.0) as i8, !(-128.0..=127.0).contains(&v)))
            .collect();
        let draw = init.draw(STREAM, shape).unwrap();
        for _ in 0..size(6, 40) {
            let block = Block::random(&dims, &mut numbers);
            let expected = block.expected(&dims, &whole, MARK);
            let expected_fixed = block.expected(&dims, &fixed, (77, false));
            for backend in Backend::available() {
                let what = format!("{backend}, {init}, {shape:?}, {block:?}");
                let part = block.of(&draw).on(backend);
                let mut slots = vec![MARK; block.span()];
                part.write(&mut slots).unwrap();
                assert!(bits(&slots) == bits(&expected), "{what}");

                let mut slots = vec![77; block.span()];
                let saturated = part.write_fixed(7, &mut slots).unwrap();
                assert!(slots.iter().eq(expected_fixed.iter().map(|(v, _)| v)), "{what}");
                assert_eq!(saturated, expected_fixed.iter().filter(|(_, s)| *s).count(), "{what}");

                #[cfg(feature = "half")]
                {
                    let mut slots = vec![half::bf16::from_f32(MARK); block.span()];
                    part.write_as(&mut slots).unwrap();
                    let expected = expected.iter().map(|v| half::bf16::from_f32(*v));
                    assert!(slots.into_iter().eq(expected), "{what}");
                }
            }
        }
    }
}

/// Memory that is not initialised gets the same values, and zeros between them.
#[test]
fn blocks_in_memory_that_is_not_initialised() {
    let mut numbers = Numbers(3);
    for_each_tensor(&[drawn(), structured()].concat(), STREAM, |init, shape, whole| {
        if whole.is_empty() || init.fill_range(STREAM, shape, 0, &mut [0.0]).is_err() {
            return;
        }
        let (dims, draw) = (dims(shape), init.draw(STREAM, shape).unwrap());
        let block = Block::random(&dims, &mut numbers);
        let mut fresh = Vec::<f32>::with_capacity(block.span());
        let slots = &mut fresh.spare_capacity_mut()[..block.span()];
        let given = block.of(&draw).write_uninit(slots).unwrap();
        assert_eq!(bits(given), bits(&block.expected(&dims, whole, 0.0)), "{init}, {shape:?}");

        let mut fresh = Vec::<i16>::with_capacity(block.span());
        let slots = &mut fresh.spare_capacity_mut()[..block.span()];
        let (given, saturated) = block.of(&draw).write_fixed_uninit(9, slots).unwrap();
        let mut expected = vec![0; block.span()];
        assert_eq!(Ok(saturated), block.of(&draw).write_fixed(9, &mut expected));
        assert_eq!(given, expected);
        #[cfg(feature = "alloc")]
        {
            assert_eq!(block.of(&draw).to_vec_fixed(9), Ok((expected, saturated)));
            assert_eq!(draw.to_vec().map(|values| bits(&values)), Ok(bits(whole)));
            let values = block.of(&draw).to_vec().unwrap();
            assert_eq!(bits(&values), bits(&block.expected(&dims, whole, 0.0)));
        }
    });
}

/// Any number of threads writes the same slots and returns the same count.
#[cfg(feature = "rayon")]
#[test]
fn blocks_on_many_threads() {
    let shapes = [
        Shape::dense(700, 900),
        Shape::dense(700, 300).packed(3).layout(Layout::InOut),
        Shape::conv1d(90, 500, 5).stacked(3),
        Shape::dense(40, 50).stacked(300),
    ];
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut numbers = Numbers(4);
        for shape in &shapes {
            let dims = dims(shape);
            for init in [Init::normal(0.1, 0.5), Init::xavier_uniform()] {
                let draw = init.draw(STREAM, shape).unwrap();
                let mut whole = vec![MARK; shape.len()];
                pool.install(|| draw.parallel().write(&mut whole)).unwrap();
                let mut expected = vec![MARK; shape.len()];
                draw.write(&mut expected).unwrap();
                assert!(bits(&whole) == bits(&expected), "{init}, {shape:?}, {threads} threads");
                for _ in 0..8 {
                    let block = Block::random(&dims, &mut numbers);
                    let what = format!("{init}, {shape:?}, {block:?}, {threads} threads");
                    let part = block.of(&draw).parallel();
                    let mut slots = vec![MARK; block.span()];
                    pool.install(|| part.write(&mut slots)).unwrap();
                    assert!(bits(&slots) == bits(&block.expected(&dims, &whole, MARK)), "{what}");
                    let (mut one, mut many) =
                        (vec![77_i8; block.span()], vec![77_i8; block.span()]);
                    let expected = block.of(&draw).write_fixed(7, &mut one);
                    assert_eq!(pool.install(|| part.write_fixed(7, &mut many)), expected, "{what}");
                    assert!(one == many, "{what}");
                }
            }
        }
    }
}

/// An orthogonal matrix is written in parts, with strides and in other formats by way of the whole.
#[test]
fn any_block_by_way_of_the_whole() {
    let (mut numbers, mut orthogonal) = (Numbers(5), 0);
    for_each_tensor(&schemes(), STREAM, |init, shape, whole| {
        if whole.is_empty() {
            return;
        }
        let (dims, draw) = (dims(shape), init.draw(STREAM, shape).unwrap());
        let block = Block::random(&dims, &mut numbers);
        let what = format!("{init}, {shape:?}, {block:?}");
        let (mut scratch, mut slots) = (vec![MARK; whole.len()], vec![MARK; block.span()]);
        block.of(&draw).write_through(&mut scratch, &mut slots).unwrap();
        assert_eq!(bits(&scratch), bits(whole), "{what}");
        assert_eq!(bits(&slots), bits(&block.expected(&dims, whole, MARK)), "{what}");

        let (start, end) = (numbers.below(whole.len()), whole.len());
        let mut page = vec![MARK; end - start];
        let range = draw.range(start as u64..end as u64).unwrap();
        range.write_through(&mut scratch, &mut page).unwrap();
        assert_eq!(bits(&page), bits(&whole[start..]), "{what}");

        let mut fixed = vec![0_i8; whole.len()];
        let saturated = draw.write_fixed_through(&mut scratch, 7, &mut fixed).unwrap();
        let nearest = |v: &f32| (v * 128.0).round_ties_even();
        assert!(fixed.iter().zip(whole).all(|(f, v)| *f == nearest(v) as i8), "{what}");
        let beyond = whole.iter().filter(|v| !(-128.0..=127.0).contains(&nearest(v))).count();
        assert_eq!(saturated, beyond, "{what}");

        if init.to_string().contains("orthogonal") {
            orthogonal += 1;
            let wide: Vec<usize> = block.contiguous().strides.iter().map(|s| 2 * s).collect();
            let gaps = draw.block(&block.offsets, &block.sizes).unwrap().strided(&wide).unwrap();
            let mut slots = vec![MARK; 2 * whole.len()];
            let refused = Err(InitError::WholeTensorOnly);
            assert_eq!(draw.write_fixed(7, &mut fixed).map(drop), refused, "{what}");
            // A single value has no gaps, and may be the whole.
            if gaps.len() > 1 {
                assert_eq!(gaps.write(&mut slots), refused, "{what}");
            }
            assert!(slots.iter().all(|v| *v == MARK), "{what}");
        }
    });
    assert!(orthogonal > 100, "{orthogonal} orthogonal tensors only");
}

/// The shards of an axis together hold each value of the tensor once. They are cut as `torch.chunk` does:
/// `torch.arange(10).chunk(4)` has 3, 3, 3 and 1 values, and 9 values in 4 parts are 3, 3, 3 and none.
#[test]
fn shards_make_the_tensor() {
    for (size, world_size, expected) in [
        (10, 4, vec![3, 3, 3, 1]),
        (9, 4, vec![3, 3, 3, 0]),
        (4, 8, vec![1, 1, 1, 1, 0, 0, 0, 0]),
        (12, 5, vec![3, 3, 3, 3, 0]),
        (7, 1, vec![7]),
        (0, 2, vec![0, 0]),
    ] {
        let shape = Shape::dense(5, size);
        let draw = Init::uniform(0.0, 1.0).draw(STREAM, &shape).unwrap();
        let mut whole = vec![0.0; shape.len()];
        draw.write(&mut whole).unwrap();
        let mut all = Vec::new();
        for (rank, rows) in expected.into_iter().enumerate() {
            let shard = draw.shard(0, rank, world_size).unwrap();
            assert_eq!(*shard.dims().unwrap(), [rows, 5], "{rank} of {world_size}");
            let mut part = vec![0.0; shard.len()];
            shard.write(&mut part).unwrap();
            all.extend(part);
        }
        assert_eq!(all, whole);
    }
    // A mesh of 2 × 3 machines.
    let shape = Shape::dense(9, 6);
    let draw = Init::he_normal().draw(STREAM, &shape).unwrap();
    let mut whole = vec![0.0; 54];
    draw.write(&mut whole).unwrap();
    let shard = draw.shard(0, 1, 2).unwrap().shard(1, 2, 3).unwrap();
    let mut part = [0.0; 9];
    shard.write(&mut part).unwrap();
    let expected = [33, 34, 35, 42, 43, 44, 51, 52, 53].map(|i| whole[i]);
    assert_eq!(part, expected);
    // A shard of a shard along the same axis, and of a block.
    let rows = |of: Draw, rank| {
        let shard = of.shard(0, rank, 3).unwrap();
        let mut part = vec![0.0; shard.len()];
        shard.write(&mut part).unwrap();
        part
    };
    let second = draw.shard(0, 1, 2).unwrap();
    assert_eq!(
        [0, 1, 2].map(|rank| rows(second, rank)),
        [&whole[27..36], &whole[36..45], &whole[45..]]
    );
    let block = draw.block(&[2, 0], &[4, 9]).unwrap();
    assert_eq!([0, 1, 2].map(|rank| rows(block, rank)), [&whole[18..36], &whole[36..], &[]]);
}

/// The same stream gives the same matrix in another order of slots, and another matrix in another layout.
#[test]
fn strides_keep_the_matrix_and_layouts_do_not() {
    let shape = Shape::dense(20, 30);
    let draw = Init::xavier_normal().draw(STREAM, &shape).unwrap();
    let (mut rows, mut columns) = (vec![0.0; 600], vec![0.0; 600]);
    draw.write(&mut rows).unwrap();
    draw.strided(&[1, 30]).unwrap().write(&mut columns).unwrap();
    assert!((0..600).all(|i| rows[i] == columns[i / 20 + i % 20 * 30]));
    let keras = shape.layout(Layout::InOut);
    let mut other = vec![0.0; 600];
    Init::xavier_normal().fill(STREAM, &keras, &mut other).unwrap();
    assert_eq!(other, rows);
    assert_ne!(other, columns);
}

#[test]
fn what_a_request_refuses() {
    let shape = Shape::conv1d(4, 6, 3);
    let draw = Init::he_normal().draw(STREAM, &shape).unwrap();
    let error = |result: Result<Draw, InitError>, says: &str| {
        let error = result.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        error
    };
    let rank = InitError::WrongRank { expected: 3, given: 2 };
    assert_eq!(error(draw.block(&[0, 0], &[1, 1, 1]), "has 3"), rank);
    assert_eq!(error(draw.block(&[0, 0, 0], &[1, 1]), "2 were given"), rank);
    assert_eq!(error(draw.strided(&[1, 1]), "2 were given"), rank);
    let many = InitError::WrongRank { expected: 3, given: 20 };
    assert_eq!(error(draw.block(&[0; 20], &[0; 20]), "20"), many);
    for (offset, given) in [(5, 2), (6, 1), (7, 0), (usize::MAX, 2), (1, usize::MAX)] {
        let past = InitError::BlockPastEnd { axis: 0, offset, given, end: 6 };
        assert_eq!(error(draw.block(&[offset, 0, 0], &[given, 4, 3]), "axis 0"), past);
    }
    assert!(draw.block(&[6, 4, 3], &[0, 0, 0]).unwrap().is_empty());
    for (axis, rank, world_size) in [(3, 0, 1), (0, 2, 2), (0, 0, 0), (usize::MAX, 0, 1)] {
        let shard = InitError::Shard { axis, rank, world_size };
        assert_eq!(error(draw.shard(axis, rank, world_size), "shard"), shard);
    }
    assert!(draw.shard(0, usize::MAX - 1, usize::MAX).unwrap().is_empty());
    for (strides, axis) in
        [([12, 3, 0], 2), ([12, 2, 1], 1), ([11, 3, 1], 0), ([1, 1, 1], 1), ([3, 18, 17], 1)]
    {
        let overlapping = InitError::OverlappingStrides { axis, given: strides[axis] };
        assert_eq!(error(draw.strided(&strides), "overlap"), overlapping, "{strides:?}");
    }
    assert_eq!(error(draw.strided(&[usize::MAX, 3, 1]), "overflow"), InitError::Overflow);
    // An axis of one value may have any stride.
    let one = draw.block(&[0, 1, 0], &[6, 1, 3]).unwrap();
    assert_eq!(one.strided(&[3, 0, 1]).unwrap().len(), 18);

    let page = draw.range(3..9).unwrap();
    let flat = InitError::WrongRank { expected: 3, given: 1 };
    assert_eq!(error(page.shard(0, 0, 2), "has 3"), flat);
    assert_eq!(error(page.strided(&[1]), "1 were given"), flat);
    assert_eq!(page.dims().unwrap_err(), flat);
    assert_eq!(draw.range(0..72).unwrap().dims().unwrap()[..], [6, 4, 3]);
    for (start, end) in [(0, 73), (73, 73), (72, 73), (u64::MAX, u64::MAX)] {
        let given = (end - start) as usize;
        let past = InitError::RangePastEnd { start, given, end: 72 };
        assert_eq!(error(draw.range(start..end), "72"), past);
    }
    #[allow(clippy::reversed_empty_ranges, reason = "an empty range")]
    let empty = draw.range(5..3).unwrap();
    assert!(empty.is_empty());

    // Nothing is written if the slice has the wrong length.
    let mut slots = [MARK; 73];
    let block = draw.block(&[0, 0, 0], &[2, 2, 2]).unwrap();
    let gaps = block.strided(&[30, 10, 2]).unwrap();
    for given in [0, 7, 9, 73] {
        let wrong = InitError::WrongLength { expected: 8, given };
        assert_eq!(block.write(&mut slots[..given]), Err(wrong));
        let wrong = InitError::WrongLength { expected: 72, given };
        assert_eq!(draw.write(&mut slots[..given]), Err(wrong));
        assert_eq!(draw.write_through(&mut slots[..given], &mut [0.0; 72]), Err(wrong));
    }
    let short = InitError::WrongLength { expected: 43, given: 42 };
    assert_eq!(gaps.write(&mut slots[..42]), Err(short));
    assert!(slots.iter().all(|v| *v == MARK));
    assert_eq!(gaps.write(&mut slots[..43]), Ok(()));
    assert_eq!(gaps.write(&mut slots), Ok(()));
    assert_eq!(slots.iter().filter(|v| **v != MARK).count(), 8);
}

/// Each tensor of a stack has its own fan and its own substream.
#[test]
fn stacks_are_tensors_side_by_side() {
    let packed = Shape::dense(64, 64).packed(3);
    assert_eq!(packed.fan(), Ok(Fan::new(64, 64)));
    let xavier = Init::xavier_uniform().distribution(packed.fan().unwrap()).unwrap();
    assert_eq!(xavier, Distribution::Uniform { low: -0.216_506_35, high: 0.216_506_35 });
    let experts = Shape::dense(512, 256).stacked(8);
    assert_eq!((experts.fan(), experts.len()), (Ok(Fan::new(512, 256)), 8 * 256 * 512));
    assert_eq!(*dims(&experts), [8, 256, 512]);
    let gates = weight_init::Recurrent::lstm(100, 25).input_shape();
    let Ok(Distribution::Uniform { high, .. }) =
        Init::xavier_uniform().distribution(gates.fan().unwrap())
    else {
        panic!("not a uniform");
    };
    assert_eq!(high, 0.219_089_03);

    for_each_tensor(&schemes(), STREAM, |init, shape, whole| {
        let Ok(all) = init.draw(STREAM, shape).map(|draw| draw.dims().unwrap()) else { return };
        // The first dimension of a stacked tensor is its number of tensors.
        for (count, one) in [(4, Shape::dense(9, 6)), (2, Shape::conv2d(4, 8, [3, 2]))] {
            for layout in crate::cases::LAYOUTS {
                let one = one.layout(layout);
                if *shape == one.stacked(count) {
                    assert_eq!(all[0], count);
                    for (i, part) in whole.chunks(one.len()).enumerate() {
                        let mut alone = vec![0.0; one.len()];
                        let stream = STREAM.substream(i as u64);
                        if init.to_string().starts_with("gates") {
                            continue;
                        }
                        init.fill(stream, &one, &mut alone).unwrap();
                        assert_eq!(bits(part), bits(&alone), "{init}, {shape:?}");
                    }
                }
            }
        }
    });
    // A stack of one is the first substream, and a stack of none is empty.
    let one = Shape::dense(3, 4).stacked(1);
    assert_eq!(*dims(&one), [1, 4, 3]);
    assert_eq!(*dims(&Shape::dense(3, 4).packed(1)), [4, 3]);
    let (mut given, mut expected) = ([0.0; 12], [0.0; 12]);
    Init::he_normal().fill(STREAM, &one, &mut given).unwrap();
    Init::he_normal().fill(STREAM.substream(0), &Shape::dense(3, 4), &mut expected).unwrap();
    assert_eq!(given, expected);
    assert!(Shape::dense(3, 4).stacked(0).is_empty());
    let vast = Shape::dense(3, 4).stacked(usize::MAX / 2);
    assert_eq!(vast.try_len(), Err(InitError::Overflow));
    assert_eq!(Shape::dense(3, 4).stacked(2).packed(2).try_len(), Err(InitError::NestedStack));
    assert_eq!(Shape::dense(3, 0).stacked(usize::MAX / 2).try_len(), Ok(0));
}

/// The tensors of a packed stack lie side by side along the axis of the outputs, in every layout.
#[test]
fn packed_tensors_lie_along_the_outputs() {
    let one = Shape::conv2d(4, 6, [3, 2]);
    for (shape, axis) in [
        (one, 0),
        (one.layout(Layout::InOut), 3),
        (one.layout(Layout::OutKernelIn), 0),
        (one.transposed(), 1),
        (one.transposed().layout(Layout::InOut), 2),
        (one.transposed().layout(Layout::OutKernelIn), 3),
        (Shape::dense(4, 6).transposed(), 1),
        (Shape::dense(4, 6).transposed().layout(Layout::InOut), 0),
        (Shape::dense(4, 6).layout(Layout::InOut), 1),
        (Shape::vector(6), 0),
    ] {
        for init in [Init::uniform(-1.0, 1.0), Init::normal(0.0, 0.5)] {
            let packed = shape.packed(3);
            let (one, all) = (dims(&shape), dims(&packed));
            let mut expected_dims = one.to_vec();
            expected_dims[axis] *= 3;
            assert_eq!(all[..], expected_dims, "{packed:?}");
            let mut whole = vec![MARK; packed.len()];
            init.fill(STREAM, &packed, &mut whole).unwrap();
            for number in 0..3 {
                let mut alone = vec![MARK; shape.len()];
                init.fill(STREAM.substream(number as u64), &shape, &mut alone).unwrap();
                let mut offsets = vec![0; one.len()];
                offsets[axis] = number * one[axis];
                let (sizes, strides) = (one.to_vec(), vec![]);
                let block = Block { offsets, sizes, strides }.contiguous();
                let part = block.expected(&all, &whole, MARK);
                assert_eq!(bits(&part), bits(&alone), "{init}, {packed:?}, tensor {number}");
            }
        }
    }
}

/// A stack of orthogonal matrices is cut between them by a range, a block or a shard.
#[test]
fn one_matrix_of_a_stack() {
    let experts = Shape::dense(12, 8).stacked(4);
    let draw = Init::orthogonal().draw(STREAM, &experts).unwrap();
    let mut whole = vec![MARK; 4 * 96];
    draw.write(&mut whole).unwrap();
    let (mut by_shard, mut by_range) = ([MARK; 96], [MARK; 96]);
    draw.shard(0, 2, 4).unwrap().write(&mut by_shard).unwrap();
    draw.range(192..288).unwrap().write(&mut by_range).unwrap();
    assert_eq!(by_shard, whole[192..288]);
    assert_eq!(by_range, whole[192..288]);
    let half = draw.block(&[1, 0, 0], &[2, 8, 12]).unwrap();
    let mut two = [MARK; 192];
    half.write(&mut two).unwrap();
    assert_eq!(two, whole[96..288]);
    let rows = draw.shard(1, 0, 2).unwrap();
    assert_eq!(rows.write(&mut two), Err(InitError::WholeTensorOnly));
    assert_eq!(draw.range(0..48).unwrap().write(&mut two[..48]), Err(InitError::WholeTensorOnly));
}

/// A range of a vector may have a stride.
#[test]
fn every_other_slot() {
    let noise = Distribution::Normal { mean: 0.0, std: 1.0 };
    let (mut every, mut given) = ([0.0; 10], [MARK; 19]);
    noise.fill(STREAM, 5, &mut every).unwrap();
    let range = noise.draw_range(STREAM, 5..15).unwrap();
    range.strided(&[2]).unwrap().write(&mut given).unwrap();
    for (i, value) in given.into_iter().enumerate() {
        assert_eq!(value, if i % 2 == 0 { every[i / 2] } else { MARK });
    }
}

/// The samplers themselves, at any index of the stream.
#[test]
fn a_range_of_a_stream() {
    let normal = Distribution::Normal { mean: 0.5, std: 0.25 };
    for start in [0, 4095, 1 << 40, u64::MAX - 100] {
        let (mut given, mut expected) = ([0.0; 100], [0.0; 100]);
        normal.draw_range(STREAM, start..start + 100).unwrap().write(&mut given).unwrap();
        fill_normal(STREAM, start, 0.5, 0.25, &mut expected).unwrap();
        assert_eq!(given, expected);
    }
    let nan = Distribution::Constant { value: f32::NAN };
    assert!(matches!(nan.draw_range(STREAM, 0..1), Err(InitError::Constant { .. })));
    assert!(matches!(nan.draw(STREAM, &Shape::vector(1)), Err(InitError::Constant { .. })));
    // A shape gives a distribution its address and nothing else.
    let shape = Shape::conv2d(4, 8, [3, 3]);
    let (mut given, mut expected) = ([0.0; 288], [0.0; 288]);
    normal.draw(STREAM, &shape).unwrap().write(&mut given).unwrap();
    normal.fill(STREAM, 0, &mut expected).unwrap();
    assert_eq!(given, expected);
}

#[test]
fn the_dimensions_of_a_tensor_are_checked() {
    let shape = Shape::conv2d(3, 8, [5, 7]).layout(Layout::InOut);
    assert_eq!(shape.check_dims(&[5, 7, 3, 8]), Ok(()));
    let transposed = InitError::TransposedDims { first: 5, last: 8 };
    assert_eq!(shape.check_dims(&[8, 3, 7, 5]), Err(transposed));
    let wrong = InitError::WrongDim { axis: 2, expected: 3, given: 4 };
    assert_eq!(shape.check_dims(&[5, 7, 4, 8]), Err(wrong));
    assert!(wrong.to_string().contains("expected 3 along axis 2, got 4"));
    let low = InitError::WrongRank { expected: 4, given: 2 };
    assert_eq!(shape.check_dims(&[5, 7]), Err(low));
    let high = InitError::WrongRank { expected: 4, given: 5 };
    assert_eq!(shape.check_dims(&[5, 7, 3, 8, 1]), Err(high));
    // A square matrix is its own transpose.
    assert_eq!(Shape::dense(4, 4).check_dims(&[4, 4]), Ok(()));
    assert_eq!(Shape::vector(7).check_dims(&[7]), Ok(()));
    let wrong = InitError::WrongDim { axis: 0, expected: 7, given: 6 };
    assert_eq!(Shape::vector(7).check_dims(&[6]), Err(wrong));
}

/// Rows of an orthogonal matrix are made by many threads, in bands whose length follows their number.
#[cfg(feature = "rayon")]
#[test]
fn orthogonal_matrices_on_many_threads() {
    let shapes = [
        Shape::dense(1, 1),
        Shape::dense(7, 3),
        Shape::dense(64, 64),
        Shape::dense(130, 100),
        Shape::dense(100, 131),
        Shape::dense(33, 200),
        Shape::conv2d(12, 40, [3, 3]).grouped(2),
        Shape::dense(48, 40).packed(3).layout(Layout::InOut),
        Shape::dense(0, 5),
    ];
    for threads in [1, 2, 3, 16] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for (shape, backend) in
            shapes.iter().flat_map(|s| Backend::available().map(move |b| (s, b)))
        {
            let draw = Init::orthogonal().gain(0.7).draw(STREAM, shape).unwrap().on(backend);
            let (mut one, mut many) = (vec![MARK; shape.len()], vec![MARK; shape.len()]);
            draw.write(&mut one).unwrap();
            pool.install(|| draw.parallel().write(&mut many)).unwrap();
            assert_eq!(bits(&many), bits(&one), "{shape:?}, {backend}, {threads} threads");
        }
    }
}

/// An axis with a single index may have any stride, also where the scheme repeats values along it.
#[test]
fn strides_of_single_indices() {
    let init = Init::he_normal().icnr(2, weight_init::SubPixel::PixelShuffle);
    for shape in [Shape::conv1d(2, 4, 4), Shape::conv1d(2, 4, 4).transposed()] {
        let (dims, draw) = (dims(&shape), init.draw(STREAM, &shape).unwrap());
        for axis in 0..dims.len() {
            let (mut offsets, mut sizes) = (vec![0; 3], dims.to_vec());
            (offsets[axis], sizes[axis]) = (1, 1);
            let part = draw.block(&offsets, &sizes).unwrap();
            let mut expected = vec![MARK; part.len()];
            part.write(&mut expected).unwrap();

            let mut strides = vec![sizes[1] * sizes[2], sizes[2], 1];
            strides[axis] = usize::MAX;
            let mut slots = vec![MARK; part.len()];
            part.strided(&strides).unwrap().write(&mut slots).unwrap();
            assert_eq!(bits(&slots), bits(&expected), "{shape:?}, axis {axis}");
        }
    }
}

/// The cost of a block follows the block, however many copies of a value the tensor has.
#[test]
fn few_of_many_copies() {
    use weight_init::SubPixel::{DepthToSpace, PixelShuffle};

    const MANY: usize = 1 << (usize::BITS / 2 - 2);
    let shapes = [Shape::conv1d(1, 3 * MANY, 2), Shape::conv1d(3, 2, 3 * MANY).transposed()];
    for (shape, order) in shapes.iter().flat_map(|s| [PixelShuffle, DepthToSpace].map(|o| (s, o))) {
        let init = Init::he_normal().icnr(MANY, order);
        let draw = init.draw(STREAM, shape).unwrap();
        let axis = if shape.dims().unwrap()[0] == 3 { 2 } else { 0 };
        for offset in [0, 2, MANY - 2, 2 * MANY - 1, 3 * MANY - 4] {
            let (mut offsets, mut sizes) = (vec![0; 3], vec![1; 3]);
            (offsets[axis], sizes[axis]) = (offset, 4);
            let mut part = [MARK; 4];
            draw.block(&offsets, &sizes).unwrap().write(&mut part).unwrap();
            for (i, value) in part.iter().enumerate() {
                let row = if axis == 0 { 2 } else { 1 };
                let mut expected = [MARK];
                init.fill_range(STREAM, shape, ((offset + i) * row) as u64, &mut expected).unwrap();
                assert_eq!(
                    value.to_bits(),
                    expected[0].to_bits(),
                    "{shape:?}, {order:?}, {offset}"
                );
            }
        }
    }
}

/// A transposed convolution repeats its weights along the kernel, which its bias does not have.
#[test]
fn upscaled_bias_of_a_transposed_convolution() {
    let weights = Shape::conv2d(5, 9, [4, 6]).transposed();
    let init = Init::he_normal().icnr(2, weight_init::SubPixel::PixelShuffle);
    let (mut whole, mut plain) = ([MARK; 9], [MARK; 9]);
    init.fill(STREAM, &weights.bias(), &mut whole).unwrap();
    // The fan is that of the kernel before upscaling.
    let small = Shape::conv2d(5, 9, [2, 3]).transposed().bias();
    Init::he_normal().fill(STREAM, &small, &mut plain).unwrap();
    assert_eq!(bits(&whole), bits(&plain));

    // No index is computed with the kernel.
    let huge = Shape::conv3d(1, 9, [usize::MAX - 1; 3]).transposed().bias();
    let init = Init::normal(0.0, 1.0).icnr(2, weight_init::SubPixel::PixelShuffle);
    init.fill(STREAM, &huge, &mut whole).unwrap();
}

/// The dimensions of an empty packed tensor may overflow, but it has nothing to write.
#[test]
fn empty_tensor_with_a_long_axis() {
    let shape = Shape::dense(0, usize::MAX / 2).packed(3);
    let draw = Init::normal(0.0, 1.0).draw(STREAM, &shape).unwrap();
    draw.write(&mut []).unwrap();
    draw.write_through::<f32>(&mut [], &mut []).unwrap();
    // The product of the other sizes overflows.
    let shape = Shape::conv2d(0, 5, [1 << (usize::BITS / 2 + 1); 2]);
    let part = Init::normal(0.0, 1.0).draw(STREAM, &shape).unwrap().shard(0, 0, 1).unwrap();
    part.write(&mut []).unwrap();
    part.write_uninit::<f32>(&mut []).unwrap();
    part.write_through::<f32>(&mut [], &mut []).unwrap();
}

#[test]
fn bias_of_too_many_outputs() {
    let shape = Shape::depthwise2d(usize::MAX / 2, 3, [1, 1]);
    assert_eq!(shape.try_len(), Err(InitError::Overflow));
    assert_eq!(shape.bias().try_len(), Err(InitError::Overflow));
}

/// With a single input or output, the steps along both axes may be equal.
#[test]
fn blocks_of_sparse_tensors_with_one_input_or_output() {
    let init = Init::sparse(0.5, 1.0);
    for (inputs, outputs) in [(1, 20), (20, 1), (1, 1)] {
        for layout in [Layout::OutIn, Layout::InOut, Layout::OutKernelIn] {
            let plain = Shape::dense(inputs, outputs).layout(layout);
            for shape in [plain, plain.transposed()] {
                let mut whole = vec![MARK; shape.len()];
                init.fill(STREAM, &shape, &mut whole).unwrap();
                let dims = dims(&shape);
                let block = Block {
                    offsets: vec![0, 0],
                    sizes: dims.to_vec(),
                    strides: vec![2 * dims[1], 2],
                };
                let mut slots = vec![MARK; block.span()];
                block.of(&init.draw(STREAM, &shape).unwrap()).write(&mut slots).unwrap();
                let expected = block.expected(&dims, &whole, MARK);
                assert_eq!(bits(&slots), bits(&expected), "{shape:?}");
            }
        }
    }
}
