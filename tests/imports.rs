//! The files of `src/` import in one direction: no file imports from one that, directly or through
//! others, imports from it.
//!
//! Paths are read as text. A path such as `crate::slot::Rounding` or `super::job::Job` is an import from
//! the file of its longest prefix that is a module. Declaring a module (`mod job;`) is no import.
//! Comments, strings and unit tests don't count.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

type Module = Vec<String>;

/// Returns the modules of a folder and of those below it, each with the text of its file.
fn modules(folder: &Path, prefix: &Module, found: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut module = prefix.clone();
        if path.is_dir() {
            module.push(name);
            modules(&path, &module, found);
        } else if name != "tests" {
            if name != "lib" && name != "mod" {
                module.push(name);
            }
            found.insert(module, code(&fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Returns a file's text without comments, strings and unit tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap();
    let mut code = String::new();
    for line in text.lines().map(|line| line.split("//").next().unwrap()) {
        // Every other part lies between quotes.
        code.extend(line.split('"').step_by(2).chain([" "]));
    }
    code
}

/// Returns the paths in a file's code that begin with `crate`, `super` or `self`, with the braces of
/// `use` trees expanded.
fn paths(code: &str) -> Vec<Module> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut found, mut at) = (Vec::new(), 0);
    let next = |at: usize| {
        let first = |keyword| code[at..].find(keyword);
        ["crate::", "super::", "self::"].into_iter().filter_map(first).min()
    };
    while let Some(skipped) = next(at) {
        at += skipped;
        let before = &code[..at];
        // Not in the middle of a word or of a path.
        if before.ends_with(is_word) || before.ends_with("::") {
            at += "self::".len();
            continue;
        }
        let mut rest = &code[at..];
        tree(&mut rest, &Vec::new(), &mut found);
        at = code.len() - rest.len();
    }
    found
}

/// Reads one path, or one `use` tree, from the beginning of the text.
fn tree(rest: &mut &str, prefix: &Module, found: &mut Vec<Module>) {
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '*';
    let mut path = prefix.clone();
    loop {
        *rest = rest.trim_start();
        if let Some(inner) = rest.strip_prefix('{') {
            *rest = inner;
            loop {
                *rest = rest.trim_start_matches([',', ' ', '\n']);
                if let Some(after) = rest.strip_prefix('}') {
                    *rest = after;
                    return;
                }
                tree(rest, &path, found);
            }
        }
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        path.push(rest[..end].to_owned());
        *rest = &rest[end..];
        match rest.strip_prefix("::") {
            Some(after) if end > 0 => *rest = after,
            _ => break,
        }
    }
    found.push(path);
}

/// Returns the modules that a module's file imports from.
fn imports(module: &Module, modules: &BTreeMap<Module, String>) -> BTreeSet<Module> {
    let target = |path: Module| {
        let (mut base, mut rest) = (module.clone(), path.as_slice());
        while let [first, after @ ..] = rest {
            match first.as_str() {
                "crate" => base.clear(),
                "super" => _ = base.pop(),
                "self" => {}
                _ => break,
            }
            rest = after;
        }
        for name in rest {
            base.push(name.clone());
            if !modules.contains_key(&base) {
                base.pop();
                break;
            }
        }
        base
    };
    paths(&modules[module]).into_iter().map(target).filter(|target| target != module).collect()
}

/// Walks along the imports, and returns the first cycle.
fn cycle(
    module: &Module,
    graph: &BTreeMap<Module, BTreeSet<Module>>,
    done: &mut BTreeSet<Module>,
    path: &mut Vec<Module>,
) -> Option<Vec<Module>> {
    if let Some(first) = path.iter().position(|other| other == module) {
        return Some(path[first..].to_vec());
    }
    if !done.insert(module.clone()) {
        return None;
    }
    path.push(module.clone());
    let found = graph[module].iter().find_map(|target| cycle(target, graph, done, path));
    path.pop();
    found
}

fn first_cycle(graph: &BTreeMap<Module, BTreeSet<Module>>) -> Option<Vec<Module>> {
    let mut done = BTreeSet::new();
    graph.keys().find_map(|module| cycle(module, graph, &mut done, &mut Vec::new()))
}

#[test]
fn no_import_cycle_is_left() {
    let mut files = BTreeMap::new();
    modules(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &Vec::new(), &mut files);
    let mut graph: BTreeMap<_, _> =
        files.keys().map(|module| (module.clone(), imports(module, &files))).collect();
    // The crate's root exports items of all folders, so a file that imports from the root closes a cycle.
    graph
        .insert(Module::new(), graph.keys().filter(|module| !module.is_empty()).cloned().collect());
    let module = |path: &str| path.split("::").map(str::to_owned).collect::<Module>();
    // The test finds a `use` tree, a path within a function, and imports by `super`.
    assert!(graph[&module("distribution::fill")].contains(&module("backend")));
    assert!(graph[&module("backend::fill")].contains(&module("backend::detect")));
    assert!(graph[&module("sampler::lanes")].contains(&module("stream")));
    assert_eq!(first_cycle(&graph), None);

    graph.get_mut(&module("stream")).unwrap().insert(module("scheme"));
    let cycle = first_cycle(&graph).unwrap();
    assert!(cycle.contains(&module("stream")) && cycle.contains(&module("scheme")));
}
