//! The chapter `docs/firmware.md`: its recipes run here as on the boards, and it shows the files that run.

use std::{fs, path::Path};

#[path = "../examples/firmware/src/recipes/mod.rs"]
mod recipes;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn recipes() {
    for (name, check) in recipes::CHECKS {
        println!("{name}");
        check();
    }
}

/// The chapter contains every recipe and every file of the first program, to the letter.
#[test]
fn the_chapter_shows_the_files() {
    let chapter = read(&Path::new(ROOT).join("docs/firmware.md"));
    // The text between fences, after the line with the language.
    let blocks: Vec<_> = chapter
        .split("```")
        .skip(1)
        .step_by(2)
        .filter_map(|block| block.split_once('\n').map(|(_, code)| code))
        .collect();
    let firmware = Path::new(ROOT).join("examples/firmware");
    let recipes =
        fs::read_dir(firmware.join("src/recipes")).unwrap().map(|file| file.unwrap().path());
    let first = ["Cargo.toml", ".cargo/config.toml", "memory.x", "src/main.rs"]
        .map(|file| firmware.join("first").join(file));
    let mut shown = 0;
    for path in recipes.chain(first) {
        if path.ends_with("mod.rs") || path.ends_with("nor.rs") {
            continue;
        }
        let file = read(&path);
        // Without the description of the file, for which the chapter has a heading.
        let code: String =
            file.split_inclusive('\n').skip_while(|line| line.starts_with("//!")).collect();
        // Elsewhere the library is not three folders up.
        let code = code.replace(r#"path = "../../..""#, &format!(r#"git = "{REPOSITORY}""#));
        assert!(
            blocks.iter().any(|block| block.trim() == code.trim()),
            "docs/firmware.md has no block of code that is {}",
            path.display()
        );
        shown += 1;
    }
    assert_eq!(shown, 10);
}
