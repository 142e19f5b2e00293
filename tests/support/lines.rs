//! Spots as the history engine looks for them: in some lines, or in a part of a long one, without the rest of the content.

use keysift::scanner::{AHEAD, BEHIND, LocalWorker, Spot};
use std::ops::Range;

/// What the engine puts in the place of the lines behind those that it looks at.
const NO_MORE: &[u8] = b"\n\0";

/// The spots of `range`, by a look at all of the content.
pub fn spots(worker: &mut impl LocalWorker, content: &[u8], range: Range<usize>) -> Vec<Spot> {
    let mut spots = Vec::new();
    worker.spots(content, range.start, range.end, &mut spots);
    spots
}

/// The spots of the parts between `ends`, which are ends of lines, each by a look at its own lines, and those that go on
/// from one part to the next.
pub fn apart(worker: &mut impl LocalWorker, content: &[u8], ends: &[usize]) -> Vec<Spot> {
    let starts = [0].into_iter().chain(ends.iter().copied());
    let stops = ends.iter().copied().chain([content.len()]);
    let parts: Vec<Range<usize>> = starts.zip(stops).map(|(start, stop)| start..stop).collect();
    let mut text = Vec::new();
    let mut places = Vec::new();
    for part in &parts {
        places.push(text.len());
        text.extend_from_slice(&content[part.start..content.len().min(part.end + 1)]);
        text.extend_from_slice(NO_MORE);
    }
    let all = spots(worker, &text, 0..text.len());
    let mut found = Vec::new();
    for (part, &place) in parts.iter().zip(&places) {
        let within = all.iter().filter(|spot| (place..place + part.len()).contains(&(spot.at as usize)));
        found.extend(within.map(|spot| Spot { at: (spot.at as usize - place + part.start) as u32, ..*spot }));
    }
    let lines = ends.iter().map(|end| end + 1).filter(|&line| worker.may_go_on(content, line));
    found.extend(lines.filter_map(|line| worker.continued(content, line)));
    found.sort_unstable();
    found.dedup();
    found
}

/// The spots at one place, by a look at no more of the content than spots depend on.
pub fn near(worker: &mut impl LocalWorker, content: &[u8], at: usize) -> Vec<Spot> {
    let (from, to) = (at.saturating_sub(BEHIND), content.len().min(at + AHEAD));
    let text = [&content[from..to], NO_MORE].concat();
    let place = at - from;
    spots(worker, &text, place..place + 1).into_iter().map(|spot| Spot { at: at as u32, ..spot }).collect()
}
