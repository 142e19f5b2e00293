//! Deltas: one that is accepted makes exactly as many bytes as it says, whole or in parts.

use super::input::Input;
use keysift::scanner::{AHEAD, BEHIND};
use keysift::source::pack::delta::Script;

pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let length = input.below(4096);
    let base = input.take(length);
    let delta = input.0;
    let mut script = Script::default();
    if script.read(delta, base.len()).is_err() {
        return;
    }
    let (mut whole, mut part, mut regions) = (Vec::new(), Vec::new(), Vec::new());
    // A delta of a few bytes may make 16 MB a copy; more of that tells nothing new.
    if script.length > 1 << 22 {
        return;
    }
    script.rebuild(base, delta, &mut whole);
    assert_eq!(whole.len(), script.length);
    script.changed(BEHIND, AHEAD, &mut regions);
    let mut first = 0;
    let mut end = 0;
    for region in &regions {
        assert!(region.start >= end && region.end <= whole.len() && region.start < region.end);
        end = region.end;
        first = script.rebuild_part(base, delta, region.clone(), first, &mut part);
        assert_eq!(part, whole[region.clone()]);
    }
    for op in script.ops.iter().filter(|op| !op.copy) {
        let held = regions.iter().any(|region| region.start <= op.range().start && op.range().end <= region.end);
        assert!(held, "what is inserted is changed");
    }
}
