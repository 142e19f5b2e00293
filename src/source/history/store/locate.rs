//! Which of a repository's objects the ids of a record are, in this run.

use super::segment::Segment;
use crate::source::history::objects::{Number, Objects};

/// The repository does not have it.
pub const NOWHERE: Number = Number::MAX;
/// Two sorted lists are gone through side by side, unless one is so many times as long as the other: then each of the
/// shorter one is looked up.
const MUCH_LONGER: usize = 8;

/// The number of each id of `segment`. `copy` is told the numbers of further copies.
pub fn locate(segment: &Segment, objects: &Objects, mut copy: impl FnMut(Number)) -> Vec<Number> {
    let mut numbers = vec![NOWHERE; segment.len()];
    let mut meet = |place: usize, number: Number| match numbers[place] {
        NOWHERE => numbers[place] = number,
        _ => copy(number),
    };
    for (p, pack) in objects.packs.iter().enumerate() {
        let count = pack.index.num_objects();
        if segment.len() * MUCH_LONGER < count as usize {
            for place in 0..segment.len() {
                if let Some(position) = objects.position(p, segment.id(place)) {
                    meet(place, objects.number_in(p, position));
                }
            }
        } else if count as usize * MUCH_LONGER < segment.len() {
            for position in 0..count {
                if let Some(place) = find(segment, pack.index.oid_at_index(position)) {
                    meet(place, objects.number_in(p, position));
                }
            }
        } else {
            let mut place = 0;
            for position in 0..count {
                let id = pack.index.oid_at_index(position);
                while place < segment.len() && segment.id(place) < id {
                    place += 1;
                }
                if place < segment.len() && segment.id(place) == id {
                    meet(place, objects.number_in(p, position));
                }
            }
        }
    }
    for (at, (id, _)) in objects.loose.iter().enumerate() {
        if let Some(place) = find(segment, id) {
            meet(place, objects.number_of_loose(at));
        }
    }
    numbers
}

fn find(segment: &Segment, id: &gix::hash::oid) -> Option<usize> {
    let (mut low, mut high) = (0, segment.len());
    while low < high {
        let middle = (low + high) / 2;
        match segment.id(middle).cmp(id) {
            std::cmp::Ordering::Equal => return Some(middle),
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}
