//! Reftables: any bytes are a table or damage, and what is written is what is read.

use super::input::Input;
use super::tables::{self, Change, Options, Ref};
use gix::ObjectId;
use gix::hash::Kind as Hash;
use keysift::source::repo::Value;
use keysift::source::repo::reftable::{Log, Table};
use libdeflater::{CompressionLvl, Compressor};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let hash = if input.byte() & 1 == 0 { Hash::Sha1 } else { Hash::Sha256 };
    match input.byte() % 4 {
        0 => any(input.0, hash),
        1 => any(&summed(input.0.to_vec(), hash), hash),
        2 => any(&of_logs(input.0, hash), hash),
        _ => round_trip(input, hash),
    }
}

/// Whatever comes out is in order, and no more of it than there are bytes.
fn any(file: &[u8], hash: Hash) {
    let Ok(table) = Table::parse(file, hash) else { return };
    let (mut last, mut count) = (Vec::new(), 0);
    let _ = table.refs(&mut |name, _| {
        assert!(last.as_slice() < name, "names ascend");
        last = name.to_vec();
        count += 1;
        ControlFlow::Continue(())
    });
    assert!(count <= file.len());
    let (mut last, mut left) = (None, 1 << 20);
    let _ = table.logs(&mut left, &mut |name, change, _| {
        let key = (name.to_vec(), u64::MAX - change);
        assert!(last.as_ref() < Some(&key), "entries ascend");
        last = Some(key);
        ControlFlow::Continue(())
    });
}

fn header(hash: Hash) -> Vec<u8> {
    let more: (u8, &[u8]) = if hash == Hash::Sha1 { (1, b"") } else { (2, b"s256") };
    [b"REFT", &[more.0][..], &[0; 19], more.1].concat()
}

/// `file` with header and footer as they have to be, so that what lies between them is reached.
fn summed(mut file: Vec<u8>, hash: Hash) -> Vec<u8> {
    let header = header(hash);
    let length = header.len().min(file.len());
    file[..length].copy_from_slice(&header[..length]);
    let logs_at = file.iter().position(|byte| *byte == b'g').filter(|at| *at >= header.len()).unwrap_or(0);
    file.extend(tables::footer(&header, 0, logs_at));
    file
}

/// A table of one block of logs that inflates to `records`.
fn of_logs(records: &[u8], hash: Hash) -> Vec<u8> {
    let mut file = header(hash);
    file.push(b'g');
    file.extend(&((file.len() + 3 + records.len()) as u32).to_be_bytes()[1..]);
    let mut deflate = Compressor::new(CompressionLvl::fastest());
    let mut packed = vec![0; deflate.zlib_compress_bound(records.len())];
    let length = deflate.zlib_compress(records, &mut packed).expect("the bound is large enough");
    file.extend(&packed[..length]);
    file.extend(tables::footer(&header(hash), 0, 0));
    file
}

fn round_trip(mut input: Input<'_>, hash: Hash) {
    let id = |byte: u8| {
        ObjectId::try_from(&vec![byte.max(1); hash.len_in_bytes()][..]).expect("as many bytes as it has to have")
    };
    let (block, padded, whole) = (64 + input.below(1024), input.byte() & 1 == 1, usize::from(input.byte() % 20));
    let (mut refs, mut logs) = (BTreeMap::new(), BTreeMap::new());
    while !input.0.is_empty() {
        let (code, length) = (input.byte(), usize::from(input.byte() % 64));
        let name: Vec<u8> = input.take(length).iter().copied().filter(|byte| *byte != 0).collect();
        let name = [b"refs/".to_vec(), name].concat();
        let value = match code % 8 {
            0 => Ref::Gone,
            1 => Ref::Tag(id(code), id(code / 8)),
            2 => Ref::Symbolic(input.take(usize::from(code)).to_vec()),
            3 | 4 => Ref::Object(id(code)),
            5 => {
                logs.insert((name, u64::MAX - u64::from(code)), Change::Gone);
                continue;
            }
            _ => {
                let message = input.take(usize::from(code)).to_vec();
                logs.insert((name, u64::MAX - u64::from(code)), Change::From(id(code), id(code / 8), message));
                continue;
            }
        };
        refs.insert(name, value);
    }
    let refs: Vec<_> = refs.into_iter().collect();
    let logs: Vec<_> = logs.into_iter().map(|((name, reversed), log)| (name, u64::MAX - reversed, log)).collect();
    let options = Options { hash, changes: (0, 255), block, padded, whole };
    let file = tables::write(&refs, &logs, &options);
    let table = Table::parse(&file, hash).expect("it is a table");
    let mut read = Vec::new();
    let outcome = table.refs(&mut |name, value| {
        read.push((name.to_vec(), value));
        ControlFlow::Continue(())
    });
    assert_eq!(outcome, Ok(ControlFlow::Continue(())));
    assert_eq!(read, refs.into_iter().map(|(name, value)| (name, expected(value))).collect::<Vec<_>>());
    let (mut read, mut left) = (Vec::new(), u64::MAX);
    let outcome = table.logs(&mut left, &mut |name, change, log| {
        read.push((name.to_vec(), change, log.as_ref().map_or(Change::Gone, change_of)));
        ControlFlow::Continue(())
    });
    assert_eq!(outcome, Ok(ControlFlow::Continue(())));
    assert_eq!(read, logs);
}

fn expected(value: Ref) -> Option<Value> {
    match value {
        Ref::Gone => None,
        Ref::Object(id) | Ref::Tag(id, _) => Some(Value::Object(id)),
        Ref::Symbolic(target) => Some(Value::Symbolic(target.into())),
    }
}

fn change_of(log: &Log<'_>) -> Change {
    assert_eq!((log.name, log.email, log.time, log.zone), tables::PERSON);
    Change::From(log.old, log.new, log.message.to_vec())
}
