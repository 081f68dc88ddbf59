//! LSTM and GRU: every gate is filled as a matrix of its own, wherever it lies.

use weight_init::{Init, InitError, Layout, Recurrent, Shape, Stream};

const STREAM: Stream = Stream::new(31);

/// Each gate has the values that the scheme gives for it alone.
#[test]
fn gates_lie_side_by_side_and_are_filled_alone() {
    let (inputs, hidden) = (5, 7);
    for (layer, gates) in
        [(Recurrent::lstm(inputs, hidden), 4), (Recurrent::gru(inputs, hidden), 3)]
    {
        for layout in [Layout::OutIn, Layout::InOut, Layout::OutKernelIn] {
            let layer = layer.layout(layout);
            for (inputs, init) in [
                (inputs, Init::xavier_uniform()),
                (inputs, Init::orthogonal()),
                (hidden, Init::orthogonal().gain(0.5)),
                (hidden, Init::identity()),
            ] {
                let mut all = vec![f32::NAN; gates * inputs * hidden];
                if inputs == hidden {
                    assert_eq!(layer.recurrent_shape().len(), all.len());
                    init.fill(STREAM, &layer.recurrent_shape(), &mut all).unwrap();
                } else {
                    assert_eq!(layer.input_shape().len(), all.len());
                    init.fill(STREAM, &layer.input_shape(), &mut all).unwrap();
                }
                for gate in 0..gates {
                    let block = Shape::dense(inputs, hidden).layout(layout);
                    let mut alone = vec![0.0; block.len()];
                    init.fill(STREAM.substream(gate as u64), &block, &mut alone).unwrap();
                    for (o, i) in (0..hidden).flat_map(|o| (0..inputs).map(move |i| (o, i))) {
                        let (given, expected) = if layout == Layout::InOut {
                            (all[i * gates * hidden + gate * hidden + o], alone[i * hidden + o])
                        } else {
                            (all[(gate * hidden + o) * inputs + i], alone[o * inputs + i])
                        };
                        assert_eq!(given, expected, "{init}, {layout:?}, gate {gate}, {o}, {i}");
                    }
                }
            }
        }
    }
}

/// The biases of each gate are its constant.
#[test]
fn gates_have_biases_of_their_own() {
    let fill = |layer: Recurrent, constants, len| {
        let mut bias = vec![f32::NAN; len];
        Init::gates(constants).fill(STREAM, &layer.bias_shape(), &mut bias).unwrap();
        bias
    };
    let open = fill(Recurrent::lstm(9, 3), [-1., 2., 0., 0.5], 12);
    assert_eq!(open, [-1., -1., -1., 2., 2., 2., 0., 0., 0., 0.5, 0.5, 0.5]);
    let keras = Recurrent::gru(9, 2).layout(Layout::InOut);
    assert_eq!(fill(keras, [1., 2., 3., 4.], 6), [1., 1., 2., 2., 3., 3.]);
    let doubled = Init::gates([1., 0., 0., 0.]).gain(2.0);
    let mut bias = [0.0; 8];
    doubled.fill(STREAM, &Recurrent::lstm(9, 2).bias_shape(), &mut bias).unwrap();
    assert_eq!(bias, [2., 2., 0., 0., 0., 0., 0., 0.]);

    let five = Shape::vector(2).packed(5);
    let error = InitError::StackTooLarge { largest: 4, given: 5 };
    assert_eq!(Init::gates([0.0; 4]).fill(STREAM, &five, &mut [0.0; 10]), Err(error));
    let infinite = Init::gates([0.0, f32::INFINITY, 0.0, 0.0]);
    let error = InitError::Constant { given: f32::INFINITY };
    assert_eq!(
        infinite.fill(STREAM, &Recurrent::gru(9, 2).bias_shape(), &mut [0.0; 6]),
        Err(error)
    );
}

#[test]
fn nothing_is_half_written() {
    let layer = Recurrent::lstm(5, 7).layout(Layout::InOut);
    let mut out = [-7.0; 140];
    for (init, error) in [
        (Init::dirac(), InitError::RankTooLow { expected: 3, given: 2 }),
        (Init::he_normal().gain(-1.0), InitError::Gain { given: -1.0 }),
    ] {
        assert_eq!(init.fill(STREAM, &layer.input_shape(), &mut out), Err(error));
    }
    let short = InitError::WrongLength { expected: 196, given: 140 };
    assert_eq!(Init::zeros().fill(STREAM, &layer.recurrent_shape(), &mut out), Err(short));
    assert!(out.iter().all(|&v| v == -7.0));
    let vast = Recurrent::lstm(5, usize::MAX);
    assert!(Init::ones().fill(STREAM, &vast.input_shape(), &mut out).is_err());
    let none = Recurrent::gru(usize::MAX, 0).layout(Layout::InOut);
    assert_eq!(Init::ones().fill(STREAM, &none.input_shape(), &mut []), Ok(()));
    let none = Recurrent::lstm(0, 7);
    assert_eq!(Init::ones().fill(STREAM, &none.input_shape(), &mut []), Ok(()));
}
