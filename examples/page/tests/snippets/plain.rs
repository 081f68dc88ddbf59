use weight_init::{Init, InitError, Shape, Stream};

fn start(weights: &mut [f32; 784 * 48]) -> Result<(), InitError> {
    let fc1 = Shape::dense(784, 48);
    let stream = Stream::new(0).named("fc1.weight");
    Init::xavier_uniform().fill(stream, &fc1, weights)
}
