//! The picture: one panel a distribution, one curve a filler.

use std::{error::Error, fs, path::Path};

use plotters::{
    coord::{CoordTranslate, Shift},
    prelude::*,
    style::{
        register_font,
        text_anchor::{HPos, Pos, VPos},
    },
};

use crate::{
    axis::{Axis, decimal, short},
    fills::{Filler, Law},
    measure::Row,
};

/// In the units of the SVG.
const SIZE: (i32, i32) = (1200, 500);

/// The PNG has more pixels, for screens that have them.
const PNG_SCALE: i32 = 2;

/// Plotters draws text on bitmaps so much too high, in the units of the SVG, where it is centred.
const PNG_DROP: i32 = 3;

/// DejaVu Sans, reduced to ASCII and a few signs, so that no font need be installed.
static FONT: &[u8] = include_bytes!("../data/DejaVuSans-subset.ttf");

const TEXT: RGBColor = RGBColor(40, 40, 40);
const GRID: RGBColor = RGBColor(225, 225, 225);

type Drawn = Result<(), Box<dyn Error>>;

/// Draws both files.
pub fn draw(title: &str, rows: &[Row], svg: &Path, png: &Path) -> Drawn {
    register_font("sans-serif", FontStyle::Normal, FONT).map_err(|_| "the font is broken")?;

    let (width, height) = SIZE;
    let mut text = String::new();
    let backend = SVGBackend::with_string(&mut text, (width as u32, height as u32));
    Picture { title, rows, scale: 1, drop: 0 }.draw(backend.into_drawing_area())?;
    fs::write(svg, text)?;

    let size = ((PNG_SCALE * width) as u32, (PNG_SCALE * height) as u32);
    let backend = BitMapBackend::new(png, size);
    let (scale, drop) = (PNG_SCALE, PNG_SCALE * PNG_DROP);
    Picture { title, rows, scale, drop }.draw(backend.into_drawing_area())
}

struct Picture<'a> {
    title: &'a str,
    rows: &'a [Row],
    /// What every length is multiplied by.
    scale: i32,
    /// How far below its place text is drawn, in pixels.
    drop: i32,
}

impl Picture<'_> {
    fn draw<DB: DrawingBackend>(&self, root: DrawingArea<DB, Shift>) -> Drawn
    where
        DB::ErrorType: 'static,
    {
        root.fill(&WHITE)?;
        let (head, panels) = root.split_vertically(78 * self.scale);
        self.draw_head(&head)?;
        for (area, law) in panels.split_evenly((1, 2)).iter().zip(Law::ALL) {
            self.draw_panel(area, law)?;
        }
        root.present()?;
        Ok(())
    }

    /// The title, and one legend for both panels.
    fn draw_head<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Drawn
    where
        DB::ErrorType: 'static,
    {
        let s = self.scale;
        let style = self.text(20).pos(Pos::new(HPos::Center, VPos::Top));
        area.draw(&Text::new(self.title, (SIZE.0 / 2 * s, 12 * s), style))?;

        let (line, gap, between) = (34 * s, 8 * s, 36 * s);
        let style = self.text(16).pos(Pos::new(HPos::Left, VPos::Center));
        let fillers = self.fillers();
        let mut widths = Vec::new();
        for filler in &fillers {
            let (name, _height) = area.estimate_text_size(filler.name(), &style)?;
            widths.push(line + gap + name as i32 + between);
        }
        let y = 58 * s;
        let mut x = (SIZE.0 * s - widths.iter().sum::<i32>() + between) / 2;
        for (filler, width) in fillers.into_iter().zip(widths) {
            area.draw(&PathElement::new([(x, y), (x + line, y)], self.stroke(filler)))?;
            self.mark(area, (x + line / 2, y), filler)?;
            area.draw(&Text::new(filler.name(), (x + line + gap, y + self.drop), style.clone()))?;
            x += width;
        }
        Ok(())
    }

    fn draw_panel<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, law: Law) -> Drawn
    where
        DB::ErrorType: 'static,
    {
        let s = self.scale;
        // Both panels have the same axes.
        let x = Axis::around(self.rows.iter().map(|row| row.values as f64), short);
        let y = Axis::around(self.rows.iter().map(|row| row.ns_per_value), decimal);
        let mut chart = ChartBuilder::on(area)
            .margin_left(8 * s)
            .margin_right(22 * s)
            .margin_bottom(8 * s)
            .x_label_area_size(48 * s)
            .y_label_area_size(66 * s)
            .caption(law.name(), self.text(17))
            .build_cartesian_2d(x, y)?;
        chart
            .configure_mesh()
            .set_all_tick_mark_size(4 * s)
            .y_label_offset(self.drop)
            .axis_style(TEXT.stroke_width(s as u32))
            .bold_line_style(GRID.stroke_width(s as u32))
            .light_line_style(TRANSPARENT)
            .label_style(self.text(15))
            .axis_desc_style(self.text(15))
            .x_desc("values in the slice")
            .y_desc("ns per value")
            .draw()?;
        let area = chart.plotting_area();
        for filler in self.fillers() {
            let rows =
                self.rows.iter().filter(|row| (row.distribution, row.filler) == (law, filler));
            let points = rows.map(|row| ((row.values as f64).log10(), row.ns_per_value.log10()));
            let points: Vec<_> = points.collect();
            area.draw(&PathElement::new(points.as_slice(), self.stroke(filler)))?;
            for &point in &points {
                self.mark(area, point, filler)?;
            }
        }
        Ok(())
    }

    /// In the order of the table.
    fn fillers(&self) -> Vec<Filler> {
        let mut fillers = Vec::new();
        for row in self.rows {
            if !fillers.contains(&row.filler) {
                fillers.push(row.filler);
            }
        }
        fillers
    }

    fn text(&self, size: i32) -> TextStyle<'static> {
        ("sans-serif", size * self.scale).into_font().color(&TEXT)
    }

    fn stroke(&self, filler: Filler) -> ShapeStyle {
        color(filler).stroke_width(2 * self.scale as u32)
    }

    /// The mark on a curve's points. Each filler has a shape of its own, for prints without colour.
    fn mark<DB: DrawingBackend, C: CoordTranslate>(
        &self,
        area: &DrawingArea<DB, C>,
        at: C::From,
        filler: Filler,
    ) -> Drawn
    where
        DB::ErrorType: 'static,
    {
        let style = color(filler).filled();
        let corners: &[(i32, i32)] = match filler.name() {
            "portable" => &[(-4, -4), (4, -4), (4, 4), (-4, 4)],
            "avx2" => &[(-5, 4), (0, -5), (5, 4)],
            "rand_distr" => &[(-5, 0), (0, -5), (5, 0), (0, 5)],
            "memset" => &[(-5, -4), (0, 5), (5, -4)],
            _ => {
                let circle = Circle::new((0, 0), 4 * self.scale, style);
                area.draw(&(EmptyElement::at(at) + circle))?;
                return Ok(());
            }
        };
        let scaled = |&(x, y): &(i32, i32)| (self.scale * x, self.scale * y);
        let corners: Vec<_> = corners.iter().map(scaled).collect();
        area.draw(&(EmptyElement::at(at) + Polygon::new(corners, style)))?;
        Ok(())
    }
}

/// The palette of Okabe & Ito, which the colour-blind can tell apart.
fn color(filler: Filler) -> RGBColor {
    match filler.name() {
        "memset" => RGBColor(0, 0, 0),
        "rand_distr" => RGBColor(213, 94, 0),
        "portable" => RGBColor(0, 114, 178),
        "avx2" => RGBColor(204, 121, 167),
        // AVX-512 or NEON: no machine has both.
        _ => RGBColor(0, 158, 115),
    }
}
