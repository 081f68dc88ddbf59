//! Compares `include/weight_init.h` with what cbindgen makes of the C library. With `UPDATE=1` in the environment it
//! writes the file.

#[cfg(test)]
mod tests {
    use std::{env, fs, path::Path};

    use cbindgen::{Builder, Config};

    #[test]
    fn all_files_have_the_version_of_the_crate() {
        let version = env!("CARGO_PKG_VERSION");
        for (file, line) in [
            ("cbindgen.toml", format!("#define WI_VERSION \"{version}\"\n")),
            ("arduino/library.properties", format!("version={version}\n")),
            ("arduino/library.json", format!("\"version\": \"{version}\",\n")),
        ] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
            assert!(fs::read_to_string(path).unwrap().contains(&line), "{file}: not {version}");
        }
    }

    #[test]
    fn the_header_is_up_to_date() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let (config, path) = (folder.join("cbindgen.toml"), folder.join("include/weight_init.h"));
        let config = Config::from_file(&config).unwrap();
        let mut header = Vec::new();
        let builder = Builder::new().with_crate(folder).with_config(config);
        builder.generate().unwrap().write(&mut header);
        let header = String::from_utf8(header).unwrap();
        if env::var_os("UPDATE").is_some() {
            fs::write(&path, &header).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == header, "run `UPDATE=1 cargo test -p capi-header`");
    }
}
