use weight_init::{Init, InitError, Shape, Stream};

fn start(weights: &mut [f32; 8 * 10]) -> Result<(), InitError> {
    let out = Shape::dense(8, 10);
    let stream = Stream::new(18446744073709551615).named("out.weight");
    Init::normal(0.0, 0.001).gain(2.0).fill(stream, &out, weights)
}
