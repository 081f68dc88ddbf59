//! Draws a [`Picture`] with plotters, once as SVG and once as PNG.

use std::{
    error::Error,
    fs::{self, File},
    io::BufWriter,
    path::Path,
};

use plotters::{
    coord::{CoordTranslate, Shift},
    prelude::*,
    style::{
        register_font,
        text_anchor::{HPos, Pos, VPos},
    },
};

use crate::{
    files::Files,
    palette::palette,
    picture::{Mark, Panel, Picture, Series},
};

/// Pixels of the PNG per unit of the SVG, in each direction: screens of high resolution show them.
const PNG_SCALE: u32 = 2;

/// Plotters draws vertically centred text on bitmaps this much too high, in the units of the SVG.
const PNG_DROP: i32 = 3;

/// Height of the title and the legend, in the units of the SVG.
const HEAD: i32 = 78;

/// DejaVu Sans reduced to the characters in use, so that the system needs no font.
static FONT: &[u8] = include_bytes!("../../data/DejaVuSans-subset.ttf");

const TEXT: RGBColor = RGBColor(40, 40, 40);
const GRID: RGBColor = RGBColor(225, 225, 225);

type Drawn = Result<(), Box<dyn Error>>;

impl Picture {
    /// Draws and writes both files.
    pub fn save(&self, files: &Files) -> Drawn {
        register_font("sans-serif", FontStyle::Normal, FONT).map_err(|_| "the font is broken")?;

        let mut text = String::new();
        let backend = SVGBackend::with_string(&mut text, (Self::WIDTH, self.height));
        Canvas { picture: self, scale: 1, drop: 0 }.draw(backend.into_drawing_area())?;
        fs::write(&files.svg, text)?;

        let (width, height) = (PNG_SCALE * Self::WIDTH, PNG_SCALE * self.height);
        let mut pixels = vec![0; 3 * width as usize * height as usize];
        let backend = BitMapBackend::with_buffer(&mut pixels, (width, height));
        let (scale, drop) = (PNG_SCALE as i32, PNG_SCALE as i32 * PNG_DROP);
        Canvas { picture: self, scale, drop }.draw(backend.into_drawing_area())?;
        write_png(&files.png, width, height, &pixels)
    }
}

fn write_png(path: &Path, width: u32, height: u32, pixels: &[u8]) -> Drawn {
    let (pixels, _) = pixels.as_chunks();
    let (colors, indices) = palette(pixels);
    let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), width, height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(colors.as_flattened());
    // Differences of indices mean nothing.
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&indices)?;
    writer.finish()?;
    Ok(())
}

/// A picture at one of its two sizes.
struct Canvas<'a> {
    picture: &'a Picture,
    /// Pixels per unit of the SVG.
    scale: i32,
    /// How far down vertically centred text is moved, in pixels.
    drop: i32,
}

impl Canvas<'_> {
    fn draw<DB: DrawingBackend>(&self, root: DrawingArea<DB, Shift>) -> Drawn
    where
        DB::ErrorType: 'static,
    {
        root.fill(&WHITE)?;
        let (head, body) = root.split_vertically(HEAD * self.scale);
        self.draw_head(&head)?;
        let panels = &self.picture.panels;
        for (area, panel) in body.split_evenly((1, panels.len())).iter().zip(panels) {
            self.draw_panel(area, panel)?;
        }
        root.present()?;
        Ok(())
    }

    /// Draws the title and the legend, both centred.
    fn draw_head<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Drawn
    where
        DB::ErrorType: 'static,
    {
        let s = self.scale;
        let width = Picture::WIDTH as i32 * s;
        let style = self.text(20, &TEXT).pos(Pos::new(HPos::Center, VPos::Top));
        area.draw(&Text::new(self.picture.title.as_str(), (width / 2, 12 * s), style))?;

        let (line, gap) = (34 * s, 8 * s);
        let style = self.text(16, &TEXT).pos(Pos::new(HPos::Left, VPos::Center));
        let named = self.picture.series.iter().filter(|series| !series.name.is_empty());
        let mut entries = Vec::new();
        for series in named {
            let (name, _height) = area.estimate_text_size(&series.name, &style)?;
            entries.push((series, line + gap + name as i32));
        }
        // A legend of many entries has less space between them.
        let sum = entries.iter().map(|(_, width)| width).sum::<i32>();
        let gaps = (entries.len() as i32 - 1).max(1);
        let between = ((width - 2 * 16 * s - sum) / gaps).clamp(8 * s, 36 * s);
        let y = 58 * s;
        let mut x = (width - sum - gaps * between) / 2;
        for (series, width) in entries {
            area.draw(&PathElement::new([(x, y), (x + line, y)], self.stroke(series)))?;
            self.mark(area, (x + line / 2, y), series)?;
            let at = (x + line + gap, y + self.drop);
            area.draw(&Text::new(series.name.as_str(), at, style.clone()))?;
            x += width + between;
        }
        Ok(())
    }

    fn draw_panel<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, panel: &Panel) -> Drawn
    where
        DB::ErrorType: 'static,
    {
        let s = self.scale;
        let mut labels = 44 * s;
        for &tick in &panel.y.ticks {
            let (width, _height) =
                area.estimate_text_size(&(panel.y.label)(tick), &self.text(15, &TEXT))?;
            labels = labels.max(width as i32);
        }
        let title = if panel.y_title.is_empty() { 0 } else { 10 * s };
        let mut chart = ChartBuilder::on(area)
            .margin_left(8 * s)
            .margin_right(22 * s)
            .margin_bottom(8 * s)
            .x_label_area_size(48 * s)
            .y_label_area_size(labels + 12 * s + title)
            .caption(&panel.title, self.text(17, &TEXT))
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
            .x_desc(&panel.x_title)
            .y_desc(&panel.y_title)
            .draw()?;
        let area = chart.plotting_area();
        for curve in &panel.curves {
            let series = &self.picture.series[curve.series];
            area.draw(&PathElement::new(curve.points.as_slice(), self.stroke(series)))?;
            for &point in &curve.points {
                self.mark(area, point, series)?;
            }
        }
        for note in &panel.notes {
            let color = self.picture.series[note.series].color;
            let style = self.text(14, &color).pos(Pos::new(note.anchor.0, note.anchor.1));
            let text = Text::new(note.text.clone(), (0, self.drop), style);
            area.draw(&(EmptyElement::at(note.at) + text))?;
        }
        Ok(())
    }

    fn text(&self, size: i32, color: &RGBColor) -> TextStyle<'static> {
        ("sans-serif", size * self.scale).into_font().color(color)
    }

    fn stroke(&self, series: &Series) -> ShapeStyle {
        series.color.stroke_width(series.width * self.scale as u32)
    }

    fn mark<DB: DrawingBackend, C: CoordTranslate>(
        &self,
        area: &DrawingArea<DB, C>,
        at: C::From,
        series: &Series,
    ) -> Drawn
    where
        DB::ErrorType: 'static,
    {
        let style = series.color.filled();
        let corners: &[(i32, i32)] = match series.mark {
            Mark::None => return Ok(()),
            Mark::Circle => {
                let circle = Circle::new((0, 0), 4 * self.scale, style);
                area.draw(&(EmptyElement::at(at) + circle))?;
                return Ok(());
            }
            Mark::Plus => return self.strokes(area, at, series, [(0, 5), (5, 0)]),
            Mark::Cross => return self.strokes(area, at, series, [(4, 4), (4, -4)]),
            Mark::Square => &[(-4, -4), (4, -4), (4, 4), (-4, 4)],
            Mark::Diamond => &[(-5, 0), (0, -5), (5, 0), (0, 5)],
            Mark::TriangleUp => &[(-5, 4), (0, -5), (5, 4)],
            Mark::TriangleDown => &[(-5, -4), (5, -4), (0, 5)],
        };
        let corners: Vec<_> =
            corners.iter().map(|(x, y)| (self.scale * x, self.scale * y)).collect();
        area.draw(&(EmptyElement::at(at) + Polygon::new(corners, style)))?;
        Ok(())
    }

    /// Draws a mark of two lines, each through the point and as far to its other side.
    fn strokes<DB: DrawingBackend, C: CoordTranslate>(
        &self,
        area: &DrawingArea<DB, C>,
        at: C::From,
        series: &Series,
        ends: [(i32, i32); 2],
    ) -> Drawn
    where
        DB::ErrorType: 'static,
    {
        let [first, second] = ends.map(|(x, y)| {
            let (x, y) = (self.scale * x, self.scale * y);
            PathElement::new([(-x, -y), (x, y)], series.color.stroke_width(2 * self.scale as u32))
        });
        area.draw(&(EmptyElement::at(at) + first + second))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{axis::Axis, picture::*};

    fn picture() -> Picture {
        let axis = Axis { range: 0.0..4.0, ticks: vec![0.0, 2.0], label: |x| format!("{x} cm") };
        let marks = [
            Mark::None,
            Mark::Circle,
            Mark::Square,
            Mark::Diamond,
            Mark::TriangleUp,
            Mark::TriangleDown,
            Mark::Plus,
            Mark::Cross,
        ];
        let series = marks.into_iter().enumerate().map(|(index, mark)| Series {
            name: format!("series {index}"),
            color: VERMILION,
            width: 2,
            mark,
        });
        let hidden = Series { name: String::new(), color: PURPLE, width: 2, mark: Mark::Circle };
        let curve = |series| Curve { series, points: vec![(0.0, 1.0), (4.0, 2.0)] };
        Picture {
            title: "A title".to_owned(),
            height: 400,
            series: series.chain([hidden]).collect(),
            panels: vec![Panel {
                title: "A panel".to_owned(),
                x_title: "across".to_owned(),
                y_title: "up".to_owned(),
                x: axis.clone(),
                y: axis,
                curves: (0..marks.len()).map(curve).collect(),
                notes: vec![Note {
                    series: 1,
                    at: (2.0, 2.0),
                    text: "a note".to_owned(),
                    anchor: (HPos::Left, VPos::Center),
                }],
            }],
        }
    }

    #[test]
    fn both_files_show_the_whole_picture() {
        let folder = std::env::temp_dir().join(format!("output-{}-draw", std::process::id()));
        let files = Files::prepare(&folder, "plot").unwrap();
        picture().save(&files).unwrap();
        let svg = fs::read_to_string(&files.svg).unwrap();
        let file = std::io::BufReader::new(File::open(&files.png).unwrap());
        let mut decoder = png::Decoder::new(file);
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        fs::remove_dir_all(&folder).unwrap();

        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        for text in ["A title", "A panel", "across", "up", "series 0", "series 5", "a note", "2 cm"]
        {
            assert!(svg.contains(text), "{text}");
        }
        assert_eq!((reader.info().width, reader.info().height), (2400, 800));
        let (pixels, _) = pixels.as_chunks::<3>();
        let count = |wanted: RGBColor| {
            pixels.iter().filter(|&&[r, g, b]| RGBColor(r, g, b) == wanted).count()
        };
        // Six curves across a panel of some 2,200 pixels, 4 pixels wide: they lie on one another.
        assert!(count(VERMILION) > 4 * 2000, "{}", count(VERMILION));
        // The series without a name has no curve either.
        assert_eq!(count(PURPLE), 0);
        assert!(count(WHITE) > pixels.len() / 2);
    }
}
