//! Archives: whatever an archive claims, it unpacks to no more than its budget.

use keysift::container;

const BUDGET: u64 = 1 << 20;

pub fn run(data: &[u8]) {
    let mut total = 0;
    let missing = container::unpack(data, BUDGET, &mut |_, member| total += member.len() as u64);
    assert!(total <= BUDGET, "{total} bytes out of a budget of {BUDGET}");
    assert!(container::is_container(data) || missing.is_empty() && total == 0, "nothing comes out of what is none");
}
