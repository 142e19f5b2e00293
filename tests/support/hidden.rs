//! Whether a secret came out in any form: the canary test of every output.

use base64::Engine;
use std::path::Path;

/// Every form of a secret that must not come out.
pub fn forms(secret: &str) -> Vec<Vec<u8>> {
    let bytes = secret.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let percent: String = bytes
        .iter()
        .map(|b| if b.is_ascii_alphanumeric() { (*b as char).to_string() } else { format!("%{b:02X}") })
        .collect();
    let mut forms: Vec<Vec<u8>> = vec![
        bytes.to_vec(),
        bytes.iter().rev().copied().collect(),
        hex.clone().into_bytes(),
        hex.to_uppercase().into_bytes(),
        percent.into_bytes(),
        secret.replace('/', "\\/").into_bytes(),
        secret.replace('+', "\\u002b").into_bytes(),
        secret.replace('/', "&#x2f;").into_bytes(),
        secret.replace('/', "&#47;").into_bytes(),
        bytes.iter().flat_map(|byte| [*byte, 0]).collect(),
        // Half of it is too much as well.
        bytes[..20].to_vec(),
        bytes[20..].to_vec(),
    ];
    // Base64 of it wherever it begins in a group of three.
    for skip in 0..3 {
        let text = base64::engine::general_purpose::STANDARD.encode([&vec![b' '; skip][..], bytes].concat());
        forms.push(text.as_bytes()[4..48].to_vec());
    }
    forms
}

/// None of `forms` stands in `text`.
pub fn assert_hidden(what: &str, text: &[u8], forms: &[Vec<u8>]) {
    for (n, form) in forms.iter().enumerate() {
        assert!(memchr::memmem::find(text, form).is_none(), "{what}: the secret shows, form {n}");
    }
}

/// None of `forms` stands in any file below `folder` but those called `but`.
pub fn assert_hidden_below(folder: &Path, but: &[&str], forms: &[Vec<u8>]) {
    for entry in std::fs::read_dir(folder).expect("it can be listed") {
        let path = entry.expect("it can be listed").path();
        if path.is_dir() {
            assert_hidden_below(&path, but, forms);
        } else if !but.iter().any(|name| path.file_name() == Some(name.as_ref())) {
            assert_hidden(&path.display().to_string(), &std::fs::read(&path).expect("it can be read"), forms);
        }
    }
}
