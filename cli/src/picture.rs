//! The histogram of a tensor as a picture.

use std::{
    collections::HashSet,
    error,
    fs::{self, File},
    io::BufWriter,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use plotters::{
    coord::Shift,
    prelude::*,
    style::{
        register_font,
        text_anchor::{HPos, Pos, VPos},
    },
};

use crate::{
    error::Error,
    stats::{Histogram, Summary},
};

/// DejaVu Sans reduced to ASCII, so that the system needs no font.
static FONT: &[u8] = include_bytes!("../data/DejaVuSans-subset.ttf");

/// The width and height in the units of the SVG.
const SIZE: (u32, u32) = (720, 420);

/// Pixels of the PNG per unit of the SVG, for screens of high resolution.
const PNG_SCALE: u32 = 2;

const TEXT: RGBColor = RGBColor(40, 40, 40);
const GRID: RGBColor = RGBColor(225, 225, 225);
// Blue and vermilion of Okabe and Ito's palette, whose colours colour-blind readers can tell apart.
const BARS: RGBColor = RGBColor(0, 114, 178);
const NORMAL: RGBColor = RGBColor(213, 94, 0);

type Drawn = Result<(), Box<dyn error::Error>>;

/// The kind of a picture's file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PictureFormat {
    /// Vectors.
    #[default]
    Svg,
    /// Pixels.
    Png,
}

impl PictureFormat {
    /// Returns the ending of the file's name.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
        }
    }
}

/// A folder of pictures, one for each tensor.
#[derive(Debug)]
pub struct Pictures {
    folder: PathBuf,
    format: PictureFormat,
    used: HashSet<String>,
}

impl Pictures {
    /// Creates the folder.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder can't be created.
    pub fn new(folder: &Path, format: PictureFormat) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(|error| Error::Io(folder.into(), error))?;
        // An error means that there is a font already, which is the same one.
        register_font("sans-serif", FontStyle::Normal, FONT).ok();
        Ok(Self { folder: folder.into(), format, used: HashSet::new() })
    }

    /// Draws the histogram of a tensor, beside the normal with the same mean and standard deviation. Returns the path
    /// of the picture, which is the tensor's name with underscores for characters that file names may not have.
    ///
    /// # Errors
    ///
    /// Returns an error if the picture can't be drawn or written.
    pub fn draw(
        &mut self,
        name: &str,
        summary: &Summary,
        histogram: &Histogram,
    ) -> Result<PathBuf, Error> {
        let file = format!("{}.{}", self.file_name(name), self.format.extension());
        let path = self.folder.join(file);
        let chart = Chart { name, summary, histogram };
        let drawn = match self.format {
            PictureFormat::Svg => chart.save_svg(&path),
            PictureFormat::Png => chart.save_png(&path),
        };
        drawn.map_err(|error| Error::Picture(path.clone(), error.to_string()))?;
        Ok(path)
    }

    /// Returns the name of a file without its ending. It has not been returned before, not even in another case.
    fn file_name(&mut self, name: &str) -> String {
        let is_kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        let kept: String = name.chars().map(|c| if is_kept(c) { c } else { '_' }).collect();
        // A name such as `..` or `.hidden` would be another folder or hidden. File systems allow 255 bytes.
        let kept = kept.trim_start_matches('.').get(..200).unwrap_or(kept.trim_start_matches('.'));
        let mut file_name = kept.to_owned();
        let mut number = 1;
        while file_name.is_empty() || !self.used.insert(file_name.to_ascii_lowercase()) {
            number += 1;
            file_name = format!("{kept}-{number}");
        }
        file_name
    }
}

struct Chart<'a> {
    name: &'a str,
    summary: &'a Summary,
    histogram: &'a Histogram,
}

impl Chart<'_> {
    fn save_svg(&self, path: &Path) -> Drawn {
        let mut text = String::new();
        self.draw(&SVGBackend::with_string(&mut text, SIZE).into_drawing_area(), 1)?;
        fs::write(path, text)?;
        Ok(())
    }

    fn save_png(&self, path: &Path) -> Drawn {
        let (width, height) = (PNG_SCALE * SIZE.0, PNG_SCALE * SIZE.1);
        let mut pixels = vec![0; 3 * width as usize * height as usize];
        let backend = BitMapBackend::with_buffer(&mut pixels, (width, height));
        self.draw(&backend.into_drawing_area(), PNG_SCALE as i32)?;
        let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), width, height);
        encoder.set_color(png::ColorType::Rgb);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&pixels)?;
        writer.finish()?;
        Ok(())
    }

    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, scale: i32) -> Drawn
    where
        DB::ErrorType: 'static,
    {
        let Histogram { low, width, ref counts } = *self.histogram;
        let Summary { len, nan, infinite, mean, std, .. } = *self.summary;
        let text = |size: i32| ("sans-serif", size * scale).into_font().color(&TEXT);
        let high = low + width * counts.len() as f64;
        // Room on both sides, and so much of it beside a single bar that it looks like one.
        let room = if counts.len() == 1 { 2.0 * width } else { 0.03 * (high - low) };
        let (left, right) = (low - room, high + room);
        let finite = (len - nan - infinite) as f64;
        // The number of values that the normal would have in a bin around x.
        let expected = |x: f64| {
            let z = (x - mean) / std;
            finite * width / (std * (2.0 * std::f64::consts::PI).sqrt()) * (-0.5 * z * z).exp()
        };
        let peak = if std > 0.0 { expected(mean) } else { 0.0 };
        let highest = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
        // A narrow normal, as that of two values, doesn't flatten the bars.
        let top = 1.05 * highest.max(peak.min(2.0 * highest));

        area.fill(&WHITE)?;
        let style = text(18).pos(Pos::new(HPos::Center, VPos::Top));
        let middle = SIZE.0 as i32 * scale / 2;
        area.draw(&Text::new(self.name.to_owned(), (middle, 12 * scale), style))?;
        let line = match std > 0.0 {
            true => ", and the normal with both",
            false => "",
        };
        let line = format!("{len} values, mean {}, std {}{line}", short(mean), short(std));
        let style = text(14).pos(Pos::new(HPos::Center, VPos::Top));
        area.draw(&Text::new(line, (middle, 38 * scale), style))?;

        let mut chart = ChartBuilder::on(area)
            .margin_top(64 * scale)
            .margin_right(24 * scale)
            .margin_bottom(8 * scale)
            .x_label_area_size(34 * scale)
            .y_label_area_size(72 * scale)
            .build_cartesian_2d(left..right, 0.0..top)?;
        chart
            .configure_mesh()
            .x_labels(7)
            .y_labels(6)
            // The tick at zero may be off by a rounding error.
            .x_label_formatter(&|x| short(if x.abs() < 1e-9 * (right - left) { 0.0 } else { *x }))
            .y_label_formatter(&|y| short(*y))
            .axis_style(TEXT.stroke_width(scale as u32))
            .bold_line_style(GRID.stroke_width(scale as u32))
            .light_line_style(TRANSPARENT)
            .label_style(text(13))
            .draw()?;
        let border = |i: usize| low + width * i as f64;
        let bars = counts.iter().enumerate().filter(|(_, count)| **count > 0);
        chart.draw_series(bars.map(|(i, &count)| {
            Rectangle::new(
                [(border(i), 0.0), (border(i + 1), count as f64)],
                BARS.mix(0.75).filled(),
            )
        }))?;
        if std > 0.0 {
            let points = (0..=400).map(|i| left + (right - left) * f64::from(i) / 400.0);
            let curve: Vec<_> = points.map(|x| (x, expected(x).min(top))).collect();
            let style = NORMAL.stroke_width(2 * scale as u32);
            chart.plotting_area().draw(&PathElement::new(curve, style))?;
        }
        area.present()?;
        Ok(())
    }
}

/// Formats a number with four significant digits, without zeros at the end.
pub(crate) fn short(x: f64) -> String {
    if x == 0.0 {
        return "0".to_owned();
    }
    // Rounded first, so that 0.99999 is 1 and not 1.0000.
    let scientific = format!("{x:.3e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..7).contains(&exponent) {
        let decimals = (3 - exponent).max(0) as usize;
        let rounded: f64 = scientific.parse().unwrap_or(x);
        trimmed(&format!("{rounded:.decimals$}"))
    } else {
        format!("{}e{exponent}", trimmed(digits))
    }
}

/// Returns a number without zeros after its decimals.
fn trimmed(number: &str) -> String {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        number.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (x, expected) in [
            (0.0, "0"),
            (0.02, "0.02"),
            (-0.019_998_7, "-0.02"),
            (0.999_99, "1"),
            (1234.6, "1235"),
            (38_597_376.0, "3.86e7"),
            (150_000.0, "150000"),
            (1.5e-9, "1.5e-9"),
            (-0.000_123_456, "-0.0001235"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(short(x), expected);
        }
    }

    #[test]
    fn every_tensor_has_a_file_name_of_its_own() {
        let mut pictures =
            Pictures { folder: PathBuf::new(), format: PictureFormat::Svg, used: HashSet::new() };
        let long = "x".repeat(300);
        for (name, expected) in [
            ("h.0.fc.weight", "h.0.fc.weight"),
            ("h/0/fc", "h_0_fc"),
            ("h\\0\\fc", "h_0_fc-2"),
            ("H.0.FC.weight", "H.0.FC.weight-2"),
            ("..", "-2"),
            ("", "-3"),
            ("../../etc", "_.._etc"),
            ("größe", "gr__e"),
            (&long, &long[..200]),
        ] {
            assert_eq!(pictures.file_name(name), expected);
        }
    }
}
