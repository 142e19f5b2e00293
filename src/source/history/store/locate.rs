//! Which of a repository's objects the ids of a record are, in this run.

use super::segment::Segment;
use crate::source::history::objects::{Number, Objects};
use gix::hash::oid;
use rayon::prelude::*;
use std::cmp::Ordering;

/// The repository does not have it.
pub const NOWHERE: Number = Number::MAX;
/// Two sorted lists are gone through side by side, unless one is so many times as long as the other: then each of the
/// shorter one is looked up.
const MUCH_LONGER: usize = 8;
/// Ids that one thread goes through at a time.
const SHARE: usize = 1 << 15;

/// The number of each id of `segment`. `copy` is told the numbers of further copies.
pub fn locate(segment: &Segment, objects: &Objects, copy: impl FnMut(Number)) -> Vec<Number> {
    let mut numbers = vec![NOWHERE; segment.len()];
    let shares = numbers.par_chunks_mut(SHARE).enumerate();
    let mut copies: Vec<Number> =
        shares.flat_map_iter(|(share, numbers)| locate_share(segment, objects, share * SHARE, numbers)).collect();
    for (at, (id, _)) in objects.loose.iter().enumerate() {
        if let Some(place) = find(segment, id) {
            meet(&mut numbers[place], objects.number_of_loose(at), &mut copies);
        }
    }
    copies.into_iter().for_each(copy);
    numbers
}

/// Sets the numbers of the ids from place `first` on, as far as packs hold them; gives those of further copies.
fn locate_share(segment: &Segment, objects: &Objects, first: usize, numbers: &mut [Number]) -> Vec<Number> {
    let mut copies = Vec::new();
    let behind = first + numbers.len();
    for (p, pack) in objects.packs.iter().enumerate() {
        let all = pack.index.num_objects();
        let position_of = |place| first_from(all, |at| pack.index.oid_at_index(at), segment.id(place));
        let from = if first == 0 { 0 } else { position_of(first) };
        let to = if behind < segment.len() { position_of(behind) } else { all };
        let count = to.saturating_sub(from) as usize;
        if numbers.len() * MUCH_LONGER < count {
            for (place, number) in (first..).zip(&mut *numbers) {
                if let Some(position) = objects.position(p, segment.id(place)) {
                    meet(number, objects.number_in(p, position), &mut copies);
                }
            }
        } else if count * MUCH_LONGER < numbers.len() {
            for position in from..to {
                if let Some(place) = find(segment, pack.index.oid_at_index(position))
                    && let Some(number) = place.checked_sub(first).and_then(|at| numbers.get_mut(at))
                {
                    meet(number, objects.number_in(p, position), &mut copies);
                }
            }
        } else {
            let mut place = first;
            for position in from..to {
                let id = pack.index.oid_at_index(position);
                let mut order = Ordering::Greater;
                while place < behind {
                    order = compare(segment.id(place), id);
                    if order != Ordering::Less {
                        break;
                    }
                    place += 1;
                }
                if place < behind && order == Ordering::Equal {
                    meet(&mut numbers[place - first], objects.number_in(p, position), &mut copies);
                }
            }
        }
    }
    copies
}

/// Sets a number, or takes note of a further copy.
fn meet(known: &mut Number, number: Number, copies: &mut Vec<Number>) {
    match *known {
        NOWHERE => *known = number,
        _ => copies.push(number),
    }
}

/// Ids nearly always differ in their first bytes.
#[inline]
fn compare(a: &oid, b: &oid) -> Ordering {
    let first = |id: &oid| id.as_bytes().first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
    first(a).cmp(&first(b)).then_with(|| a.cmp(b))
}

/// The first of `0..count` at which `id` or a later one stands.
fn first_from<'i>(count: u32, at: impl Fn(u32) -> &'i oid, id: &oid) -> u32 {
    let (mut low, mut high) = (0, count);
    while low < high {
        let middle = low + (high - low) / 2;
        if compare(at(middle), id) == Ordering::Less {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

/// The place of an id in a record.
fn find(segment: &Segment, id: &oid) -> Option<usize> {
    let place = first_from(segment.len() as u32, |place| segment.id(place as usize), id) as usize;
    (place < segment.len() && segment.id(place) == id).then_some(place)
}
