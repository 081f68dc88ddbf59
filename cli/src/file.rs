//! Files in the format of safetensors.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    fs::File,
    io,
    path::Path,
};

use bytemuck::Pod;
use memmap2::Mmap;
use safetensors::{Dtype, SafeTensors, tensor::TensorInfo};
use weight_init::{Quantization, VecPlan};

use crate::{error::Error, format::Format, names::Names};

/// The longest header that readers accept.
const LONGEST_HEADER: usize = 100_000_000;

/// Returns the beginning of a file, before the values: the length of the header and the header itself. It is padded
/// so that the values begin at a multiple of eight bytes. Equal arguments give equal bytes.
pub(crate) fn header(
    plan: &VecPlan<'_>,
    names: &Names,
    format: Format,
    metadata: &BTreeMap<String, String>,
) -> Result<Vec<u8>, Error> {
    let mut entries = vec![format!("\"__metadata__\":{}", json(metadata)?)];
    let mut end = 0;
    for tensor in plan.tensors() {
        let name = tensor.name().to_string();
        if !names.contain(&name) {
            continue;
        }
        let dims = tensor.shape().dims().map_err(|error| Error::Tensor(name.clone(), error))?;
        let start = end;
        end += tensor.range().len() * format.size();
        let info =
            TensorInfo { dtype: format.dtype(), shape: dims.to_vec(), data_offsets: (start, end) };
        entries.push(format!("{}:{}", json(&name)?, json(&info)?));
    }
    let mut header = format!("{{{}}}", entries.join(","));
    header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
    if header.len() > LONGEST_HEADER {
        return Err(Error::Header(header.len()));
    }
    Ok([&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat())
}

fn json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::Io("header".into(), error.into()))
}

/// The key of the seed in the metadata of a file.
pub(crate) const SEED_KEY: &str = "weight_init.seed";

/// Returns the key of a tensor's scale in the metadata of a file.
pub(crate) fn scale_key(name: &str) -> String {
    format!("{name}.scale")
}

/// A file whose tensors are mapped into memory, and so read when they are looked at.
#[derive(Debug)]
pub struct TensorFile {
    map: Mmap,
    /// The offset of the first value in the file.
    start: usize,
    /// In the order of their values.
    tensors: Vec<(String, TensorInfo)>,
    texts: HashMap<String, String>,
}

/// A tensor of a file.
#[derive(Clone, Copy, Debug)]
pub struct FileTensor<'file> {
    /// The name.
    pub name: &'file str,
    /// The number format.
    pub dtype: Dtype,
    /// The dimensions.
    pub dims: &'file [usize],
    /// The values.
    pub bytes: &'file [u8],
    /// The scale of a tensor of integers, from the file's metadata.
    pub quantization: Option<Quantization>,
}

impl TensorFile {
    /// Opens a file and checks its header.
    ///
    /// Nobody may change the file as long as it is open. If somebody does, values change during a computation, and a
    /// file that becomes shorter ends the program with a bus error.
    ///
    /// # Errors
    ///
    /// Returns an error if the file can't be read, or is not a whole file in the format of safetensors.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let map = map(path).map_err(|error| Error::Io(path.into(), error))?;
        let (header, metadata) = SafeTensors::read_metadata(&map)
            .map_err(|error| Error::NotSafetensors(path.into(), error))?;
        let infos = metadata.tensors().into_iter().map(|(name, info)| (name, info.clone()));
        let mut tensors: Vec<_> = infos.collect();
        tensors.sort_by(|(name, info), (other, before)| {
            (info.data_offsets, name).cmp(&(before.data_offsets, other))
        });
        let texts = metadata.metadata().clone().unwrap_or_default();
        Ok(Self { map, start: 8 + header, tensors, texts })
    }

    /// Returns the seed in the file's metadata, if it has one.
    #[must_use]
    pub fn seed(&self) -> Option<u64> {
        self.texts.get(SEED_KEY)?.parse().ok()
    }

    /// Returns the tensors in the order of their values.
    pub fn tensors(&self) -> impl Iterator<Item = FileTensor<'_>> + Clone {
        self.tensors.iter().map(|(name, info)| {
            let (start, end) = info.data_offsets;
            let bytes = self.map.get(self.start + start..self.start + end).unwrap_or_default();
            let scale = self.texts.get(&scale_key(name)).and_then(|text| text.parse().ok());
            let quantization = scale.map(Quantization::from_scale);
            FileTensor { name, dtype: info.dtype, dims: &info.shape, bytes, quantization }
        })
    }
}

impl<'file> FileTensor<'file> {
    /// Returns the values as numbers. They are copied only if the file has them at odd addresses, which no file of
    /// this program has.
    pub(crate) fn values<T: Pod>(&self) -> Cow<'file, [T]> {
        match bytemuck::try_cast_slice(self.bytes) {
            Ok(values) => Cow::Borrowed(values),
            Err(_) => Cow::Owned(bytemuck::allocation::pod_collect_to_vec(self.bytes)),
        }
    }
}

#[allow(unsafe_code, reason = "memmap2 has no safe function, because others can change a file")]
fn map(path: &Path) -> io::Result<Mmap> {
    let file = File::open(path)?;
    // SAFETY: the bytes are only ever read as integers and floats, for which every bit pattern is valid. The callers
    // of `TensorFile::open` guarantee that nobody changes the file while it is open; its documentation asks for it.
    unsafe { Mmap::map(&file) }
}
