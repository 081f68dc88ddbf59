//! A picture as data.

use plotters::style::{
    RGBColor,
    text_anchor::{HPos, VPos},
};

use crate::axis::Axis;

// The palette of Okabe and Ito, whose colours colour-blind readers can tell apart.
pub const BLACK: RGBColor = RGBColor(0, 0, 0);
pub const BLUE: RGBColor = RGBColor(0, 114, 178);
pub const GREEN: RGBColor = RGBColor(0, 158, 115);
pub const ORANGE: RGBColor = RGBColor(230, 159, 0);
pub const PURPLE: RGBColor = RGBColor(204, 121, 167);
pub const SKY: RGBColor = RGBColor(86, 180, 233);
pub const VERMILION: RGBColor = RGBColor(213, 94, 0);
// Not of that palette. They need marks of their own.
pub const BROWN: RGBColor = RGBColor(110, 70, 40);
pub const GREY: RGBColor = RGBColor(130, 130, 130);

/// Panels side by side, below a title and one legend for all of them.
pub struct Picture {
    pub title: String,
    /// Height in the units of the SVG. The width is always [`WIDTH`](Self::WIDTH).
    pub height: u32,
    /// The entries of the legend, in the order in which they are drawn.
    pub series: Vec<Series>,
    pub panels: Vec<Panel>,
}

impl Picture {
    /// Width in the units of the SVG.
    pub const WIDTH: u32 = 1200;
}

/// An entry of the legend: the look of its curve in every panel.
#[derive(Clone)]
pub struct Series {
    /// Empty if the legend leaves this series out.
    pub name: String,
    pub color: RGBColor,
    /// Width of the line, in the units of the SVG.
    pub width: u32,
    pub mark: Mark,
}

impl Series {
    /// Returns the series of a program that fills slices. It looks the same in every picture.
    pub fn filler(name: &str) -> Self {
        let (color, mark) = match name {
            "memset" => (BLACK, Mark::TriangleDown),
            "portable" => (BLUE, Mark::Square),
            "avx2" => (PURPLE, Mark::TriangleUp),
            "rand_distr" => (VERMILION, Mark::Diamond),
            "PyTorch" => (SKY, Mark::TriangleDown),
            "NumPy" => (GREY, Mark::Plus),
            "JAX" => (BROWN, Mark::Cross),
            // Whichever generator it uses, because a picture shows one.
            _ if name.starts_with("MKL") => (ORANGE, Mark::Square),
            // AVX-512 or NEON: no machine has both.
            _ => (GREEN, Mark::Circle),
        };
        Self { name: name.to_owned(), color, width: 2, mark }
    }
}

/// The shape drawn on every point of a curve, so that a print without colours can be read.
#[derive(Clone, Copy)]
pub enum Mark {
    None,
    Circle,
    Square,
    Diamond,
    TriangleUp,
    TriangleDown,
    Plus,
    Cross,
}

/// One chart.
pub struct Panel {
    pub title: String,
    pub x_title: String,
    /// Empty if the panel's title says what the y axis shows.
    pub y_title: String,
    pub x: Axis,
    pub y: Axis,
    pub curves: Vec<Curve>,
    pub notes: Vec<Note>,
}

/// The points of one series in one panel.
pub struct Curve {
    /// Index in [`Picture::series`].
    pub series: usize,
    pub points: Vec<(f64, f64)>,
}

/// A few words in the colour of their series.
pub struct Note {
    /// Index in [`Picture::series`].
    pub series: usize,
    pub at: (f64, f64),
    pub text: String,
    pub anchor: (HPos, VPos),
}
