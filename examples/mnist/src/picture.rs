//! The picture: its title, its legend, and how each start is drawn.

use output::{BLACK, BLUE, GREEN, Mark, ORANGE, PURPLE, Picture, Series, VERMILION};

use crate::{
    depth::Depth,
    panels::{accuracies, losses, stds},
    starts::Start,
    training::Run,
};

/// Returns two panels of training curves and one of the activations down the deep network. `runs` and
/// `depths` hold the same starts in the same order.
pub fn picture(runs: &[Run], depths: &[Depth], seed: u64) -> Picture {
    Picture {
        title: format!(
            "{} starts of a 784–100–100–10 ReLU network on 5,000 digits of MNIST (seed {seed})",
            if runs.len() == Start::FIVE.len() { "Five" } else { "Six" },
        ),
        height: 480,
        series: runs.iter().map(|run| series(run.start)).collect(),
        panels: vec![losses(runs), accuracies(runs), stds(depths)],
    }
}

fn series(start: Start) -> Series {
    let (color, mark) = match start {
        Start::Zeros => (BLACK, Mark::None),
        Start::Small => (PURPLE, Mark::Diamond),
        Start::Large => (VERMILION, Mark::TriangleUp),
        Start::Xavier => (BLUE, Mark::Square),
        Start::He => (GREEN, Mark::Circle),
        Start::Chosen { .. } => (ORANGE, Mark::TriangleDown),
    };
    // Zeros are drawn first and wide, so that they stay visible below another curve.
    let width = if start == Start::Zeros { 4 } else { 2 };
    Series { name: start.name().to_owned(), color, width, mark }
}
