//! Decoders: what is decoded at a place has a way back into the content, and depends on as much of the content as it
//! says.

use super::input::planted;
use keysift::decode::{self, Decoded, Kind, wide};
use keysift::scanner::BEHIND;

pub fn run(data: &[u8]) {
    let planted = planted(data);
    for content in [data, &planted] {
        for at in 0..content.len() {
            let quoted = (content[at] == b'=').then_some(Kind::QuotedPrintable);
            for kind in [decode::begins(content, at), decode::marked(content, at), quoted].into_iter().flatten() {
                one(content, at, kind);
            }
        }
        if let Some(order) = wide::order(content) {
            let narrow = wide::narrow(content, order);
            assert!(narrow.len() * order.width() <= content.len() + order.width());
        }
    }
}

fn one(content: &[u8], at: usize, kind: Kind) {
    let Some(decoded) = decode::at(kind, content, at) else { return };
    assert!(decoded.pieces.iter().all(|piece| piece.start <= piece.end && piece.end <= decoded.bytes.len()));
    assert!(decoded.pieces.windows(2).all(|pair| pair[0].end <= pair[1].start), "pieces lie apart, in order");
    for at in 0..decoded.bytes.len() {
        let (start, end) = decoded.original(at, at + 1);
        assert!(start <= end && end <= content.len(), "byte {at} comes from {start}..{end}");
    }
    elsewhere(content, at, kind, &decoded);
}

/// Copied into another content, the window gives the same.
fn elsewhere(content: &[u8], at: usize, kind: Kind, decoded: &Decoded) {
    let (from, to) = (at.saturating_sub(BEHIND), decoded.to.min(content.len()));
    // Where an end of the content cut the window off, it must be there again.
    let before: &[u8] = if from == 0 { b"" } else { b"key + \"Zm9v" };
    let behind: &[u8] = if to == content.len() { b"" } else { b"YmFy\" % \n" };
    let other = [before, &content[from..to], behind].concat();
    let there = decode::at(kind, &other, before.len() + at - from).expect("it decodes as it does there");
    assert_eq!((&there.bytes, &there.pieces), (&decoded.bytes, &decoded.pieces));
    assert_eq!(there.to + from, decoded.to + before.len(), "how far the look went");
}
