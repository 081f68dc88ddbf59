//! Schemes as text in a file: the feature `serde`.

use weight_init::Init;

#[test]
fn as_text_in_a_file() {
    let init = Init::he_normal().gain(0.5);
    let text = serde_json::to_string(&[init]).unwrap();
    assert_eq!(text, r#"["he_normal(gain=0.5)"]"#);
    assert_eq!(serde_json::from_str::<[Init; 1]>(&text).unwrap(), [init]);
    let error = serde_json::from_str::<Init>("\"he_nomal\"").unwrap_err().to_string();
    assert!(error.contains("near it are: he_normal"), "{error}");
    assert!(serde_json::from_str::<Init>("3").unwrap_err().to_string().contains("the name of"));
}
