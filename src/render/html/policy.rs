//! What a browser may run of the page: this script and these styles, nothing else, and nothing from elsewhere.

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

/// The Content-Security-Policy that lets just these two through.
pub(super) fn of(styles: &str, script: &str) -> String {
    let (styles, script) = (hash(styles), hash(script));
    format!(
        "default-src 'none'; style-src 'sha256-{styles}'; script-src 'sha256-{script}'; base-uri 'none'; \
         form-action 'none'"
    )
}

fn hash(text: &str) -> String {
    Base64::encode_string(&Sha256::digest(text.as_bytes()))
}

/// JSON that no reader of HTML takes for the end of its element, and no old reader of JavaScript for the end of a line.
/// These characters stand in strings only, where an escape means the same.
pub(super) fn inside_a_script(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{hash, inside_a_script};

    #[test]
    fn a_hash_as_browsers_want_it() {
        // What SHA-256 makes of nothing, in the base64 of RFC 4648.
        assert_eq!(hash(""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn nothing_ends_the_script() {
        let json = serde_json::json!({ "a</script>": "<!--\u{2028}&" }).to_string();
        let safe = inside_a_script(&json);
        assert!(!safe.contains(['<', '>', '&', '\u{2028}']));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap().to_string(), json);
    }
}
