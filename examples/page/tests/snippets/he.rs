use weight_init::{Init, InitError, Shape, Stream};

fn start(weights: &mut [f32; 64 * 64]) -> Result<(), InitError> {
    let fc3 = Shape::dense(64, 64);
    let stream = Stream::new(42).named("fc3.weight");
    Init::he_normal().gain(1.25).fill(stream, &fc3, weights)
}
