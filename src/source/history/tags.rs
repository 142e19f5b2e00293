//! Annotated tags: what each points to.

use super::objects::{Number, Objects};
use gix::ObjectId;
use rustc_hash::FxHashMap;

/// What tags point to, by object number. An object that is not there stands as `None`.
#[derive(Debug, Default)]
pub struct Tags {
    targets: FxHashMap<Number, Option<Number>>,
    pub absent: Vec<ObjectId>,
}

/// Tags may point to tags; a chain longer than this is a trap.
const DEPTH: usize = 64;

impl Tags {
    /// Adds the tag `number` from its content.
    pub fn add(&mut self, objects: &Objects, number: Number, content: &[u8]) {
        let line = content.split(|&b| b == b'\n').next().unwrap_or_default();
        let id = line.strip_prefix(b"object ").and_then(|hex| ObjectId::from_hex(hex).ok());
        let target = id.and_then(|id| {
            let number = objects.number(&id);
            if number.is_none() {
                self.absent.push(id);
            }
            number
        });
        self.targets.insert(number, target);
    }

    /// Adds a tag of which it is known what it points to.
    pub fn push(&mut self, number: Number, target: Number) {
        self.targets.insert(number, Some(target));
    }

    /// What a tag points to, if that is there.
    pub fn target(&self, number: Number) -> Option<Number> {
        self.targets.get(&number).copied().flatten()
    }

    /// Takes over another thread's tags.
    pub fn append(&mut self, other: Tags) {
        self.targets.extend(other.targets);
        self.absent.extend(other.absent);
    }

    /// Whether an object is a tag.
    pub fn is_tag(&self, number: Number) -> bool {
        self.targets.contains_key(&number)
    }

    /// Follows tags from `number` to what they are about; the tags on the way are added to `passed`.
    pub fn peel(&self, number: Number, passed: &mut Vec<Number>) -> Option<Number> {
        let mut at = number;
        for _ in 0..DEPTH {
            match self.targets.get(&at) {
                None => return Some(at),
                Some(target) => {
                    passed.push(at);
                    at = (*target)?;
                }
            }
        }
        None
    }
}
