//! The HTML report: one file that needs nothing else, opened by double click, for those who decide and those who mend.
//!
//! It asks the network for nothing, and could not: its content security policy allows its own style and script, named
//! by their hashes, and no request at all. All text is escaped by the template engine; the script only hides and shows.

mod timeline;
mod view;

use super::document::Document;
use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use view::View;

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/script.js");

/// The page. Style and script stand in it as they are, so that their hashes hold.
#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    view: &'a View,
    style: &'static str,
    script: &'static str,
    style_hash: String,
    script_hash: String,
}

/// Writes `document` as one page.
pub fn write(document: &Document, out: &mut dyn Write) -> io::Result<()> {
    let view = View::new(document);
    let page = Page { view: &view, style: STYLE, script: SCRIPT, style_hash: hash(STYLE), script_hash: hash(SCRIPT) };
    // Rendered whole first: the engine would hide why a writer failed.
    let text = page.render().map_err(io::Error::other)?;
    writeln!(out, "{text}")
}

fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text))
}
