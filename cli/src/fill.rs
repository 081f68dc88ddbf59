//! A network's starting weights as a file.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use weight_init::{Distribution, Quantization, Stream, Tensor, VecPlan};

use crate::{
    error::Error,
    file::{SEED_KEY, header, scale_key},
    format::Format,
    names::Names,
    new_file::NewFile,
    source::{SLOTS, Source},
};

/// A request for a file with the starting weights of a network.
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use weight_init_cli::{Fill, Format, Names, Network, TensorFile};
///
/// let network = Network::parse("layer = [{ name = 'fc', dense = [64, 10], init = 'he_normal' }]")?;
/// let plan = network.plan()?;
/// # let folder = std::env::temp_dir().join(format!("weight-init-doc-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// let path = folder.join("model.safetensors");
/// let fill = Fill { seed: 42, format: Format::Bf16, share: 0.0, names: Names::default(), replaces: false };
/// let never = AtomicBool::new(false);
/// let bytes = fill.run(&plan, &path, &never, |_, _| {})?;
/// assert_eq!(bytes, 2 * 650);
/// assert_eq!(TensorFile::open(&path)?.tensors().count(), 2);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Fill {
    /// The seed of the model's stream.
    pub seed: u64,
    /// The number format of all tensors.
    pub format: Format,
    /// The share of a tensor's values that may saturate if the format is [`Format::I8`].
    pub share: f32,
    /// The tensors that the file will have.
    pub names: Names,
    /// Whether an existing file is replaced.
    pub replaces: bool,
}

impl Fill {
    /// Writes the file. It computes a megabyte at a time, so the memory in use does not depend on the file's size.
    /// The exceptions are orthogonal matrices, which are computed whole.
    ///
    /// The file gets its name when it is complete and on the disk. Until then it has a temporary one. It is removed
    /// after an error, or once `interrupted` becomes true. `progress` is called with the number of bytes written,
    /// and with that of all bytes.
    ///
    /// Returns the number of bytes of all values.
    ///
    /// # Errors
    ///
    /// Returns an error if the file exists and may not be replaced, can't be written, if a pattern of names matches
    /// no tensor, or if a tensor has no values in the format.
    pub fn run(
        &self,
        plan: &VecPlan<'_>,
        path: &Path,
        interrupted: &AtomicBool,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<u64, Error> {
        let names: Vec<_> = plan.tensors().iter().map(|tensor| tensor.name().to_string()).collect();
        check_used(&self.names, names.iter().map(String::as_str))?;
        let chosen = plan.tensors().iter().zip(&names);
        let chosen: Vec<_> = chosen.filter(|(_, name)| self.names.contain(name)).collect();
        let values: usize = chosen.iter().map(|(tensor, _)| tensor.range().len()).sum();
        let total = values as u64 * self.format.size() as u64;
        let header = header(plan, &self.names, self.format, &self.metadata(&chosen))?;

        let mut file = NewFile::create(path, self.replaces)?;
        file.write(&header)?;
        let mut slots = vec![0.0; SLOTS];
        let mut written = 0;
        for (tensor, name) in chosen {
            let wrong = |error| Error::Tensor(name.clone(), error);
            let quantization = self.quantization(tensor);
            let source = Source::new(tensor, Stream::new(self.seed), self.format, quantization);
            let source = source.map_err(wrong)?;
            for part in source.parts() {
                if interrupted.load(Ordering::Relaxed) {
                    return Err(Error::Interrupted);
                }
                let bytes = source.bytes(part, &mut slots).map_err(wrong)?;
                file.write(bytes)?;
                written += bytes.len() as u64;
                progress(written, total);
            }
        }
        file.finish()?;
        Ok(total)
    }

    /// Returns the quantisation of a tensor. Formats of floats ignore it.
    fn quantization(&self, tensor: &Tensor<'_>) -> Quantization {
        match tensor.distribution() {
            // So that 127 steps are the constant, and the ones of a norm are ones.
            Some(Distribution::Constant { value }) if *value != 0.0 => {
                Quantization::from_scale(value.abs() / f32::from(i8::MAX))
            }
            _ => tensor.quantization::<i8>(self.share),
        }
    }

    /// Returns the texts in the file's header. They have no date and no version, so that the file is the same whenever
    /// and wherever it is written.
    fn metadata(&self, tensors: &[(&Tensor<'_>, &String)]) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::from([
            // Some readers ask for the name of a framework.
            ("format".to_owned(), "pt".to_owned()),
            (SEED_KEY.to_owned(), self.seed.to_string()),
            ("weight_init.stream_format".to_owned(), "1".to_owned()),
        ]);
        if self.format == Format::I8 {
            texts.extend(tensors.iter().map(|(tensor, name)| {
                // The shortest text that parses back to the same number.
                (scale_key(name), format!("{:?}", self.quantization(tensor).scale()))
            }));
        }
        texts
    }
}

/// Returns an error if patterns match none of the names.
pub(crate) fn check_used<'names>(
    names: &Names,
    known: impl IntoIterator<Item = &'names str> + Clone,
) -> Result<(), Error> {
    let unused = names.unused(known);
    if unused.is_empty() {
        Ok(())
    } else {
        Err(Error::Names(unused.into_iter().map(str::to_owned).collect()))
    }
}
