//! Decoders: what is decoded at a place has a way back into the content, and a part of the content that is large enough
//! gives the same as all of it.

use super::input::planted;
use keysift::decode::{self, Kind, wide};
use keysift::scanner::{BEHIND, View};

pub fn run(data: &[u8]) {
    let planted = planted(data);
    for content in [data, &planted] {
        let mut anchors: Vec<(usize, Kind)> = Vec::new();
        decode::marks(content, 0, content.len(), |at, kind| anchors.push((at, kind)));
        for at in 0..content.len() {
            anchors.extend(decode::begins(content, at).map(|kind| (at, kind)));
            if content[at] == b'=' {
                anchors.push((at, Kind::QuotedPrintable));
            }
        }
        for (at, kind) in anchors {
            one(content, at, kind);
        }
        if let Some(order) = wide::order(content) {
            let narrow = wide::narrow(content, order);
            assert!(narrow.len() * order.width() <= content.len() + order.width());
        }
    }
}

fn one(content: &[u8], at: usize, kind: Kind) {
    let whole = decode::at(kind, View::whole(content), at).expect("a whole view is never too short");
    let Some(decoded) = whole else { return };
    let to = decoded.to.min(content.len()).max(at);
    assert!(decoded.pieces.iter().all(|piece| piece.start <= piece.end && piece.end <= decoded.bytes.len()));
    assert!(decoded.pieces.windows(2).all(|pair| pair[0].end <= pair[1].start), "pieces lie apart, in order");
    let offset = at.saturating_sub(BEHIND);
    let view = View { bytes: &content[offset..to], offset, length: content.len() };
    if let Ok(part) = decode::at(kind, view, at) {
        let part = part.expect("a part decodes as the whole does");
        assert_eq!((part.bytes, part.pieces, part.to), (decoded.bytes, decoded.pieces, decoded.to));
    }
}
