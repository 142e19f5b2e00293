//! Deltas: one that is accepted makes exactly the bytes that it says.

use super::input::Input;
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
    // A delta of a few bytes may make 16 MB a copy; more of that tells nothing new.
    if script.length > 1 << 22 {
        return;
    }
    // Into a buffer that held something before.
    let mut whole = vec![0xaa; 100];
    script.rebuild(base, delta, &mut whole);
    assert_eq!(whole.len(), script.length);
    let mut plain = Vec::new();
    for op in &script.ops {
        let source = if op.copy { base } else { delta };
        plain.extend_from_slice(&source[op.from as usize..][..op.length as usize]);
    }
    assert_eq!(whole, plain);
}
