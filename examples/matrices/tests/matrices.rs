//! Each matrix is equal to the row-major tensor, to the bit.

use faer::Mat;
use matrices::{faer_in, fill_faer, fill_nalgebra};
use nalgebra::DMatrix;
use proptest::prelude::*;
use weight_init::{Init, InitError, Layout, Shape, Stream};

/// Marks the slots between columns.
const GAP: f32 = f32::MAX;

fn schemes() -> impl Strategy<Value = Init> {
    prop_oneof![
        Just(Init::he_normal()),
        Just(Init::xavier_uniform()),
        Just(Init::lecun_truncated_normal()),
        Just(Init::orthogonal()),
        Just(Init::identity()),
        Just(Init::sparse(0.5, 0.1)),
        Just(Init::constant(0.25)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_matrix_is_the_row_major_tensor(
        init in schemes(),
        seed: u64,
        inputs in 1_usize..300,
        outputs in 1_usize..300,
        gap in 0_usize..20,
        stack in 1_usize..4,
        in_out: bool,
    ) {
        let layout = if in_out { Layout::InOut } else { Layout::OutIn };
        let one = Shape::dense(inputs, outputs).layout(layout);
        // The gates of a recurrent layer are a matrix as well.
        let shape = if stack == 1 { one } else { one.packed(stack) };
        let stream = Stream::new(seed).named("fc.weight");
        let tensor: Vec<f32> = init.draw(stream, &shape).unwrap().to_vec().unwrap();
        let (rows, cols) = (shape.dims().unwrap()[0], shape.dims().unwrap()[1]);
        let value = |row: usize, col: usize| tensor[row * cols + col].to_bits();

        let mut dense = DMatrix::zeros(rows, cols);
        fill_nalgebra(&init, stream, &shape, &mut dense).unwrap();
        let mut mat = Mat::zeros(rows, cols);
        fill_faer(&init, stream, &shape, &mut mat).unwrap();
        let col_stride = rows + gap;
        let mut slots = vec![GAP; cols * col_stride];
        let view = faer_in(&init, stream, &shape, col_stride, &mut slots).unwrap();
        for row in 0..rows {
            for col in 0..cols {
                prop_assert_eq!(dense[(row, col)].to_bits(), value(row, col));
                prop_assert_eq!(mat[(row, col)].to_bits(), value(row, col));
                prop_assert_eq!(view[(row, col)].to_bits(), value(row, col));
            }
        }
        for column in slots.chunks(col_stride) {
            prop_assert!(column[rows..].iter().all(|slot| *slot == GAP));
        }
    }
}

/// faer's own matrices have room between columns, so that the columns are aligned.
#[test]
fn the_columns_of_faer_are_padded() {
    assert!(Mat::<f32>::zeros(100, 7).col_stride() > 100);
}

#[test]
fn empty_matrices_are_fine() {
    let (init, stream) = (Init::normal(0.0, 1.0), Stream::new(1));
    for (inputs, outputs) in [(0, 0), (0, 5), (5, 0)] {
        let shape = Shape::dense(inputs, outputs);
        fill_nalgebra(&init, stream, &shape, &mut DMatrix::zeros(outputs, inputs)).unwrap();
        fill_faer(&init, stream, &shape, &mut Mat::zeros(outputs, inputs)).unwrap();
        let view = faer_in(&init, stream, &shape, outputs, &mut []).unwrap();
        assert_eq!((view.nrows(), view.ncols()), (outputs, inputs));
    }
}

#[test]
fn wrong_requests_are_errors() {
    let (init, stream, shape) = (Init::he_normal(), Stream::new(1), Shape::dense(5, 3));
    let turned = InitError::TransposedDims { first: 3, last: 5 };
    let mut dense = DMatrix::zeros(5, 3);
    assert_eq!(fill_nalgebra(&init, stream, &shape, &mut dense), Err(turned));
    assert_eq!(fill_faer(&init, stream, &shape, &mut Mat::zeros(5, 3)), Err(turned));
    assert_eq!(dense, DMatrix::zeros(5, 3));

    let conv = Shape::conv1d(5, 3, 2);
    let rank = InitError::WrongRank { expected: 3, given: 2 };
    assert_eq!(fill_nalgebra(&init, stream, &conv, &mut dense), Err(rank));
    assert_eq!(fill_faer(&init, stream, &conv, &mut Mat::zeros(3, 5)), Err(rank));
    let faer_error = |shape, stride, len: usize| {
        faer_in(&init, stream, shape, stride, &mut vec![0.0; len]).err()
    };
    assert_eq!(faer_error(&conv, 3, 30), Some(rank));
    let short = InitError::WrongLength { expected: 19, given: 18 };
    assert_eq!(faer_error(&shape, 4, 18), Some(short));
    let overlap = faer_error(&shape, 2, 30);
    assert!(matches!(overlap, Some(InitError::OverlappingStrides { .. })), "{overlap:?}");
    assert_eq!(faer_error(&shape, usize::MAX, 30), Some(InitError::Overflow));
}
