//! Packs and indexes as any bytes: objects are found or told, each once, and nothing panics or runs for ever.

use super::input::Input;
use super::repository::Bare;

pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let length = input.below(1 << 16);
    let repository = Bare::new();
    let path = repository.packs().join("pack-any.idx");
    std::fs::write(&path, input.take(length)).expect("a file can be written");
    std::fs::write(path.with_extension("pack"), input.0).expect("a file can be written");
    let harvest = repository.search(false);
    let skipped: u64 = harvest.receipt.skipped.values().sum();
    assert_eq!(harvest.receipt.seen, harvest.receipt.scanned + skipped);
}
