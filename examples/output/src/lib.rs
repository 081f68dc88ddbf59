//! Output of the example programs: tables, and pictures as SVG and PNG.
//!
//! A program describes its [`Picture`] as data: panels, their axes, and curves. [`Picture::save`] draws
//! the same description into both [`Files`], which [`Files::prepare`] opened before the program's work.

mod axis;
mod draw;
mod files;
mod palette;
mod picture;
mod table;

pub use axis::Axis;
pub use files::{Files, exit_status};
pub use picture::{
    BLACK, BLUE, BROWN, Curve, GREEN, GREY, Mark, Note, ORANGE, PURPLE, Panel, Picture, SKY,
    Series, VERMILION,
};
pub use plotters::style::text_anchor::{HPos, VPos};
pub use table::{align_right, lines, table};
