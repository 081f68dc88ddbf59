//! The 148 tensors of GPT-2 small in one flat buffer, with the names and dimensions of its checkpoint and
//! with starting weights as Hugging Face's GPT-2 sets them: normals with a std of 0.02, and of 0.02 / √24 for the
//! projections back to the residual stream. OpenAI's code uses 0.01 for `wpe`.

mod sha256;

pub use sha256::sha256;
use weight_init::{Init, Layer, Layout, Shape};

pub const BLOCKS: usize = 12;
pub const WIDTH: usize = 768;
pub const TOKENS: usize = 50_257;
pub const POSITIONS: usize = 1_024;

/// The SHA-256 of all weights from `Stream::new(42)`, in the order of the checkpoint. The tests of the C library and of the
/// Python package, with any number of processes, read it here.
pub const SHA256: &str = "06ed8efccf1c9f0406a02e6c72369aeaafd2548e40465e6170f00a178dcc3497";

/// The names of the layers in a block.
pub struct Names {
    ln_1: String,
    attn: String,
    attn_proj: String,
    ln_2: String,
    fc: String,
    fc_proj: String,
}

/// Returns the names of the layers in each block, such as `h.7.attn.c_attn`.
pub fn names() -> Vec<Names> {
    (0..BLOCKS)
        .map(|block| {
            let name = |layer| format!("h.{block}.{layer}");
            Names {
                ln_1: name("ln_1"),
                attn: name("attn.c_attn"),
                attn_proj: name("attn.c_proj"),
                ln_2: name("ln_2"),
                fc: name("mlp.c_fc"),
                fc_proj: name("mlp.c_proj"),
            }
        })
        .collect()
}

/// Returns the layers in the order of the checkpoint.
pub fn layers(names: &[Names]) -> Vec<Layer<'_>> {
    let init = Init::normal(0.0, 0.02);
    // An embedding is a matrix of outputs × inputs, one row for each token.
    let embedding =
        |name, rows| Layer::with_init(name, Shape::dense(WIDTH, rows), init).without_bias();
    let norm = |name| Layer::with_init(name, Shape::vector(WIDTH), Init::ones());
    // OpenAI's layers keep their weights as inputs × outputs.
    let dense = |inputs, outputs| Shape::dense(inputs, outputs).layout(Layout::InOut);
    let mut layers = vec![embedding("wte", TOKENS), embedding("wpe", POSITIONS)];
    for Names { ln_1, attn, attn_proj, ln_2, fc, fc_proj } in names {
        layers.extend([
            norm(ln_1),
            // Query, key and value side by side.
            Layer::with_init(attn, dense(WIDTH, WIDTH).packed(3), init),
            Layer::with_init(attn_proj, dense(WIDTH, WIDTH), init.residual(BLOCKS)),
            norm(ln_2),
            Layer::with_init(fc, dense(WIDTH, 4 * WIDTH), init),
            Layer::with_init(fc_proj, dense(4 * WIDTH, WIDTH), init.residual(BLOCKS)),
        ]);
    }
    layers.push(norm("ln_f"));
    layers
}

#[cfg(test)]
mod tests {
    use weight_init::{Stream, VecPlan};

    use super::*;

    /// Names, order and dimensions are those of the checkpoint's `model.safetensors` in `openai-community/gpt2`,
    /// without the masks that it holds beside the weights.
    #[test]
    fn the_tensors_are_those_of_the_checkpoint() {
        let names = names();
        let plan = VecPlan::from_layers(&layers(&names)).unwrap();
        assert_eq!((plan.tensors().len(), plan.len()), (148, 124_439_808));
        let dims = |name: &str| plan.tensor(name).unwrap().shape().dims().unwrap().to_vec();
        assert_eq!(dims("wte.weight"), [50_257, 768]);
        assert_eq!(dims("wpe.weight"), [1_024, 768]);
        assert_eq!(dims("h.0.ln_1.bias"), [768]);
        assert_eq!(dims("h.7.attn.c_attn.weight"), [768, 2_304]);
        assert_eq!(dims("h.7.attn.c_attn.bias"), [2_304]);
        assert_eq!(dims("h.11.mlp.c_fc.weight"), [768, 3_072]);
        assert_eq!(dims("h.11.mlp.c_proj.weight"), [3_072, 768]);
        assert_eq!(dims("ln_f.weight"), [768]);
        let last = plan.tensors().last().unwrap();
        assert_eq!((last.name().to_string().as_str(), last.range().end), ("ln_f.bias", plan.len()));
    }

    #[test]
    fn the_hash_of_all_weights() {
        let names = names();
        let plan = VecPlan::from_layers(&layers(&names)).unwrap();
        let mut weights = plan.draw(Stream::new(42)).to_vec().unwrap();
        assert_eq!(sha256(&weights), SHA256);
        weights[99_999_999] = weights[99_999_999].next_up();
        assert_ne!(sha256(&weights), SHA256);
    }

    /// Five tensors are computed alone, by name.
    #[test]
    fn each_tensor_alone() {
        let names = names();
        let plan = VecPlan::from_layers(&layers(&names)).unwrap();
        let model = Stream::new(42);
        let check = |name: &str, std: f32| {
            let tensor = plan.tensor(name).unwrap();
            let values = tensor.draw(model).to_vec().unwrap();
            let distribution = tensor.distribution().unwrap();
            assert_eq!(distribution.verify(&values), Ok(()), "{name}");
            let stats = distribution.stats(&values);
            assert!((stats.std - std).abs() < 0.01 * std, "{name}: {}", stats.std);
            // The same values in the flat buffer.
            let (mut page, middle) = ([0.0; 1000], values.len() / 2);
            let start = tensor.range().start + middle;
            plan.fill_range(model, start as u64, &mut page).unwrap();
            assert_eq!(page, values[middle..middle + 1000], "{name}");
        };
        let projection = 0.02 / 24_f32.sqrt();
        check("wpe.weight", 0.02);
        check("h.3.attn.c_attn.weight", 0.02);
        check("h.3.attn.c_proj.weight", projection);
        check("h.3.mlp.c_fc.weight", 0.02);
        check("h.11.mlp.c_proj.weight", projection);
        let key = plan.tensor("h.3.attn.c_attn.weight").unwrap().draw(model);
        let mut first_row = [0.0; WIDTH];
        key.block(&[0, WIDTH], &[1, WIDTH]).unwrap().write(&mut first_row).unwrap();
        let stream = model.path(&["h.3.attn.c_attn", "weight"]).substream(1);
        let mut alone = [0.0; WIDTH];
        weight_init::fill_normal(stream, 0, 0.0, 0.02, &mut alone).unwrap();
        assert_eq!(first_row, alone);
    }
}
