//! The picture: two panels of training curves, and the activations down the deep network.

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
    depth::Depth,
    panels::{Curve, Note, Panel, accuracies, losses, stds},
    starts::Start,
    training::Run,
};

/// In the units of the SVG.
const SIZE: (i32, i32) = (1200, 480);

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
pub fn draw(runs: &[Run], depths: &[Depth], seed: u64, svg: &Path, png: &Path) -> Drawn {
    register_font("sans-serif", FontStyle::Normal, FONT).map_err(|_| "the font is broken")?;

    let (width, height) = SIZE;
    let mut text = String::new();
    let backend = SVGBackend::with_string(&mut text, (width as u32, height as u32));
    Picture { runs, depths, seed, scale: 1, drop: 0 }.draw(backend.into_drawing_area())?;
    fs::write(svg, text)?;

    let size = ((PNG_SCALE * width) as u32, (PNG_SCALE * height) as u32);
    let backend = BitMapBackend::new(png, size);
    let (scale, drop) = (PNG_SCALE, PNG_SCALE * PNG_DROP);
    Picture { runs, depths, seed, scale, drop }.draw(backend.into_drawing_area())
}

struct Picture<'a> {
    runs: &'a [Run],
    depths: &'a [Depth],
    seed: u64,
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
        let panels = panels.split_evenly((1, 3));
        let charts = [losses(self.runs), accuracies(self.runs), stds(self.depths)];
        for (area, panel) in panels.iter().zip(charts) {
            self.draw_panel(area, &panel)?;
        }
        root.present()?;
        Ok(())
    }

    /// The title, and one legend for all panels.
    fn draw_head<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Drawn
    where
        DB::ErrorType: 'static,
    {
        let s = self.scale;
        let title = format!(
            "{} starts of a 784–100–100–10 ReLU network on 5,000 digits of MNIST (seed {})",
            if self.runs.len() == 5 { "Five" } else { "Six" },
            self.seed
        );
        let style = self.text(20, &TEXT).pos(Pos::new(HPos::Center, VPos::Top));
        area.draw(&Text::new(title, (SIZE.0 / 2 * s, 12 * s), style))?;

        let (line, gap, between) = (34 * s, 8 * s, 36 * s);
        let style = self.text(16, &TEXT).pos(Pos::new(HPos::Left, VPos::Center));
        let mut widths = Vec::new();
        for Run { start, .. } in self.runs {
            let (name, _height) = area.estimate_text_size(start.name(), &style)?;
            widths.push(line + gap + name as i32 + between);
        }
        let y = 58 * s;
        let mut x = (SIZE.0 * s - widths.iter().sum::<i32>() + between) / 2;
        for (&Run { start, .. }, width) in self.runs.iter().zip(widths) {
            let stroke = color(start).stroke_width(line_width(start) * s as u32);
            area.draw(&PathElement::new([(x, y), (x + line, y)], stroke))?;
            mark(area, (x + line / 2, y), start, s)?;
            area.draw(&Text::new(start.name(), (x + line + gap, y + self.drop), style.clone()))?;
            x += width;
        }
        Ok(())
    }

    fn draw_panel<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, panel: &Panel) -> Drawn
    where
        DB::ErrorType: 'static,
    {
        let s = self.scale;
        let mut chart = ChartBuilder::on(area)
            .margin_left(8 * s)
            .margin_right(22 * s)
            .margin_bottom(8 * s)
            .x_label_area_size(48 * s)
            .y_label_area_size(56 * s)
            .caption(panel.title, self.text(17, &TEXT))
            .build_cartesian_2d(panel.x.clone(), panel.y.clone())?;
        chart
            .configure_mesh()
            .set_all_tick_mark_size(4 * s)
            .y_label_offset(self.drop)
            .axis_style(TEXT.stroke_width(s as u32))
            .bold_line_style(GRID.stroke_width(s as u32))
            .light_line_style(TRANSPARENT)
            .label_style(self.text(15, &TEXT))
            .axis_desc_style(self.text(15, &TEXT))
            .x_desc(panel.x_title)
            .draw()?;
        let area = chart.plotting_area();
        for Curve { start, points } in &panel.curves {
            let style = color(*start).stroke_width(line_width(*start) * s as u32);
            area.draw(&PathElement::new(points.as_slice(), style))?;
            for &point in points {
                mark(area, point, *start, s)?;
            }
        }
        for Note { start, at, text, anchor: (h, v) } in &panel.notes {
            let style = self.text(14, &color(*start)).pos(Pos::new(*h, *v));
            let text = Text::new(text.clone(), (0, self.drop), style);
            area.draw(&(EmptyElement::at(*at) + text))?;
        }
        Ok(())
    }

    fn text(&self, size: i32, color: &RGBColor) -> TextStyle<'static> {
        ("sans-serif", size * self.scale).into_font().color(color)
    }
}

/// The palette of Okabe & Ito, which the colour-blind can tell apart.
fn color(start: Start) -> RGBColor {
    match start {
        Start::Zeros => RGBColor(0, 0, 0),
        Start::Small => RGBColor(204, 121, 167),
        Start::Large => RGBColor(213, 94, 0),
        Start::Xavier => RGBColor(0, 114, 178),
        Start::He => RGBColor(0, 158, 115),
        Start::Chosen { .. } => RGBColor(230, 159, 0),
    }
}

/// Zeros are drawn first and broad, so that they show where another curve lies on them.
fn line_width(start: Start) -> u32 {
    if start == Start::Zeros { 4 } else { 2 }
}

/// The mark on a curve's points. Each start has a shape of its own, for prints without colour.
fn mark<DB: DrawingBackend, C: CoordTranslate>(
    area: &DrawingArea<DB, C>,
    at: C::From,
    start: Start,
    scale: i32,
) -> Drawn
where
    DB::ErrorType: 'static,
{
    let style = color(start).filled();
    let corners: &[(i32, i32)] = match start {
        Start::Zeros => return Ok(()),
        Start::Small => &[(-5, 0), (0, -5), (5, 0), (0, 5)],
        Start::Large => &[(-5, 4), (0, -5), (5, 4)],
        Start::Xavier => &[(-4, -4), (4, -4), (4, 4), (-4, 4)],
        Start::Chosen { .. } => &[(-5, -4), (5, -4), (0, 5)],
        Start::He => {
            area.draw(&(EmptyElement::at(at) + Circle::new((0, 0), 4 * scale, style)))?;
            return Ok(());
        }
    };
    let corners: Vec<_> = corners.iter().map(|(x, y)| (scale * x, scale * y)).collect();
    area.draw(&(EmptyElement::at(at) + Polygon::new(corners, style)))?;
    Ok(())
}
