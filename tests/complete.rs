//! The lists in `cases.rs` hold everything that the public interface offers: every constructor and builder of
//! a scheme and of a shape, and every variant of the enums that they take. The names come from the text of the
//! library, so that a new scheme which is not in a list is noticed.

use std::{fs, path::Path};

const CASES: &str = include_str!("cases.rs");
const INIT: &str = include_str!("../src/scheme/init.rs");
const SHAPE: &str = include_str!("../src/scheme/shape.rs");

/// Returns the text of all files in a folder and below it.
fn all_files(folder: &Path) -> String {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = paths.map(|path| match path.is_dir() {
        true => all_files(&path),
        false => fs::read_to_string(&path).unwrap(),
    });
    texts.collect()
}

/// Returns the public `const` functions in the text: the name, and whether the first argument is `self`.
/// Functions that return something else than a scheme or a shape are left out.
fn functions(text: &str) -> Vec<(&str, bool)> {
    text.split("pub const fn ")
        .skip(1)
        .filter_map(|rest| {
            let (name, rest) = rest.split_once('(')?;
            let (arguments, rest) = rest.split_once(')')?;
            let result = rest.split_once('{')?.0.trim();
            (result == "-> Self").then_some((name, arguments.trim_start().starts_with("self")))
        })
        .collect()
}

/// Returns the variants of a public enum in the text.
pub fn variants<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let body = text.split_once(&format!("pub enum {name} {{\n")).unwrap().1;
    let body = body.split_once("\n}").unwrap().0;
    let variants: Vec<&str> = body
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(char::is_uppercase))
        .map(|line| line.split([' ', ',', '(']).next().unwrap())
        .collect();
    assert!(variants.len() >= 2, "{name}: {variants:?}");
    variants
}

/// Fails if a text is not in `cases.rs`.
fn assert_listed(text: &str) {
    assert!(CASES.contains(text), "tests/cases.rs has no {text:?}");
}

#[test]
fn every_constructor_and_builder_is_in_the_lists() {
    for (source, name, at_least) in [(INIT, "Init", 20), (SHAPE, "Shape", 8)] {
        let functions = functions(source);
        assert!(functions.len() >= at_least, "{name}: {functions:?}");
        for (function, is_builder) in functions {
            // `new` is the constructor of a fan.
            match (is_builder, function) {
                (_, "new") => {}
                (true, "transposed") => assert_listed("Shape::transposed"),
                (true, builder) => assert_listed(&format!(".{builder}(")),
                (false, constructor) => assert_listed(&format!("{name}::{constructor}(")),
            }
        }
    }
}

#[test]
fn every_variant_is_in_the_lists() {
    let source = all_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    for name in ["FanMode", "Family", "Layout", "SubPixel"] {
        for variant in variants(&source, name) {
            assert_listed(&format!("{name}::{variant}"));
        }
    }
    for variant in variants(&source, "Distribution") {
        assert_listed(&format!("    {variant} {{"));
    }
}
