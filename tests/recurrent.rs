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
                    layer.fill_recurrent(init, STREAM, &mut all).unwrap();
                } else {
                    assert_eq!(layer.input_shape().len(), all.len());
                    layer.fill_input(init, STREAM, &mut all).unwrap();
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

#[test]
fn the_forget_gate_is_open() {
    let mut bias = [f32::NAN; 12];
    Recurrent::lstm(9, 3).fill_bias(&mut bias).unwrap();
    assert_eq!(bias, [0., 0., 0., 1., 1., 1., 0., 0., 0., 0., 0., 0.]);
    Recurrent::gru(9, 4).fill_bias(&mut bias).unwrap();
    assert_eq!(bias, [0.0; 12]);
}

#[test]
fn nothing_is_half_written() {
    let layer = Recurrent::lstm(5, 7).layout(Layout::InOut);
    let mut out = [-7.0; 140];
    for (init, error) in [
        (Init::dirac(), InitError::RankTooLow { expected: 3, given: 2 }),
        (Init::he_normal().gain(-1.0), InitError::Gain { given: -1.0 }),
    ] {
        assert_eq!(layer.fill_input(init, STREAM, &mut out), Err(error));
    }
    let short = InitError::WrongLength { expected: 196, given: 140 };
    assert_eq!(layer.fill_recurrent(Init::zeros(), STREAM, &mut out), Err(short));
    let short = InitError::WrongLength { expected: 28, given: 140 };
    assert_eq!(layer.fill_bias(&mut out), Err(short));
    assert!(out.iter().all(|&v| v == -7.0));
    let vast = Recurrent::lstm(5, usize::MAX);
    assert!(vast.fill_input(Init::ones(), STREAM, &mut out).is_err());
    let none = Recurrent::gru(usize::MAX, 0).layout(Layout::InOut);
    assert_eq!(none.fill_input(Init::ones(), STREAM, &mut []), Ok(()));
    assert_eq!(Recurrent::lstm(0, 7).fill_input(Init::ones(), STREAM, &mut []), Ok(()));
}
