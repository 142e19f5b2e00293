//! Databases made by hand, page by page: what the real program writes is in `tests/decoding/`.

use crate::container::{is_container, unpack};
use std::cell::Cell;

const SIZE: usize = 512;

thread_local! {
    static STEPS: Cell<usize> = const { Cell::new(0) };
}

pub(super) fn step(steps: usize) {
    STEPS.set(STEPS.get() + steps);
}

/// How many steps it takes to unpack `content`.
fn steps(content: &[u8]) -> usize {
    STEPS.set(0);
    unpacked(content);
    STEPS.get()
}

fn varint(value: usize) -> Vec<u8> {
    if value < 0x80 { vec![value as u8] } else { vec![0x80 | (value >> 7) as u8, (value & 0x7f) as u8] }
}

/// A record of texts.
fn record(columns: &[&[u8]]) -> Vec<u8> {
    let types: Vec<u8> = columns.iter().flat_map(|column| varint(13 + 2 * column.len())).collect();
    [vec![types.len() as u8 + 1], types, columns.concat()].concat()
}

fn schema(root: u8, statement: &str) -> Vec<u8> {
    let types =
        [13 + 10, 13 + 2, 13 + 2, 1].into_iter().map(|kind| vec![kind]).chain([varint(13 + 2 * statement.len())]);
    let types = types.collect::<Vec<_>>().concat();
    [vec![types.len() as u8 + 1], types, b"tablett".to_vec(), vec![root], statement.into()].concat()
}

/// A leaf of a table with the given payloads, each with as much of itself as stands on the page, and where it goes on.
fn leaf(first: bool, cells: &[(&[u8], usize, u32)]) -> Vec<u8> {
    let at = if first { 100 } else { 0 };
    let mut page = vec![0; SIZE];
    page[at] = 13;
    page[at + 4] = cells.len() as u8;
    let mut end = SIZE;
    for (number, (payload, local, overflow)) in cells.iter().enumerate() {
        let mut cell = [varint(payload.len()), vec![number as u8 + 1], payload[..*local].to_vec()].concat();
        if *local < payload.len() {
            cell.extend(overflow.to_be_bytes());
        }
        end -= cell.len();
        page[end..end + cell.len()].copy_from_slice(&cell);
        page[at + 8 + 2 * number..at + 10 + 2 * number].copy_from_slice(&(end as u16).to_be_bytes());
    }
    page
}

/// How much of a payload stays on a page of a table.
fn local(length: usize) -> usize {
    let (most, least) = (SIZE - 35, (SIZE - 12) * 32 / 255 - 23);
    let kept = least + (length - least) % (SIZE - 4);
    if length <= most {
        length
    } else if kept <= most {
        kept
    } else {
        least
    }
}

/// One table `t (name, value)` with two rows, the second of which goes on in two pages; then a page that is free.
fn database() -> Vec<u8> {
    let long = [b"begin ".to_vec(), b"0123456789".repeat(140), b" end".to_vec()].concat();
    let (short, long) = (record(&[b"one", b"first value"]), record(&[b"two", &long]));
    let kept = local(long.len());
    let mut pages =
        leaf(true, &[(&schema(2, "CREATE TABLE t (name, value)"), 40, 0)].map(|(p, _, o)| (&p[..], p.len(), o)));
    pages[..16].copy_from_slice(b"SQLite format 3\0");
    pages[16..18].copy_from_slice(&(SIZE as u16).to_be_bytes());
    pages[21..24].copy_from_slice(&[64, 32, 32]);
    pages[59] = 1;
    pages.extend(leaf(false, &[(&short, short.len(), 0), (&long, kept, 3)]));
    let mut rest = &long[kept..];
    for next in [4u32, 0] {
        let part = rest.len().min(SIZE - 4);
        let mut page = next.to_be_bytes().to_vec();
        page.extend(&rest[..part]);
        page.resize(SIZE, 0);
        pages.extend(page);
        rest = &rest[part..];
    }
    assert!(rest.is_empty());
    let mut free = vec![0; SIZE];
    free[100..116].copy_from_slice(b"deleted, but not");
    pages.extend(free);
    pages
}

/// Members by their names, and what is missing.
type Unpacked = (Vec<(Option<String>, Vec<u8>)>, Vec<String>);

fn unpacked(content: &[u8]) -> Unpacked {
    let mut members = Vec::new();
    let missing = unpack(content, 1 << 20, &mut |name, content| {
        members.push((name.map(|name| String::from_utf8_lossy(name).into_owned()), content.to_vec()));
    });
    (members, missing.into_iter().map(|missing| missing.why).collect())
}

fn holds(content: &[u8], text: &[u8]) -> bool {
    memchr::memmem::find(content, text).is_some()
}

#[test]
fn rows_are_whole_and_the_rest_stays_at_its_place() {
    let database = database();
    let (members, missing) = unpacked(&database);
    assert_eq!(missing, Vec::<String>::new());
    let row = format!("begin {} end", "0123456789".repeat(140));
    let rows = format!("rowid=1, name='one', value='first value'\nrowid=2, name='two', value='{row}'\n");
    assert_eq!(members[1], (Some("t/page 2".to_string()), rows.into_bytes()));
    let (name, rest) = &members[2];
    assert_eq!((name, rest.len()), (&None, database.len()));
    let free = memchr::memmem::find(&database, b"deleted").unwrap();
    assert_eq!(&rest[free..free + 16], &database[free..free + 16]);
    assert!(!holds(rest, b"first value") && !holds(rest, b"0123456789"), "it would be told twice");
}

#[test]
fn a_broken_page_costs_itself_and_is_told() {
    for damage in [
        // The chain leads back to itself, to nowhere, to the page that it comes from.
        (2 * SIZE, 3u32.to_be_bytes()),
        (2 * SIZE, 99u32.to_be_bytes()),
        (3 * SIZE, 2u32.to_be_bytes()),
        // Too many cells, cells outside of the page, no page of a tree.
        (SIZE + 3, [0xff; 4]),
        (SIZE + 8, [0xff; 4]),
        (SIZE, [0; 4]),
    ] {
        let mut database = database();
        database[damage.0..damage.0 + 4].copy_from_slice(&damage.1);
        let (members, missing) = unpacked(&database);
        let is_end = damage.0 == 3 * SIZE;
        assert_eq!(missing.is_empty(), is_end, "{damage:?}: {missing:?}");
        assert!(members.iter().any(|(_, content)| holds(content, b"first value")), "{damage:?}");
        assert!(members.iter().any(|(_, content)| holds(content, b"deleted")), "{damage:?}");
        let (name, rest) = members.last().unwrap();
        assert_eq!((name, rest.len()), (&None, database.len()));
    }
}

#[test]
fn what_is_told_is_hardly_longer_than_the_file() {
    // Each of many cells is the same one, as long as the page.
    let mut database = database();
    let page = &mut database[SIZE..2 * SIZE];
    page.fill(0);
    page[0] = 13;
    page[4] = 200;
    for cell in 0..200 {
        page[8 + 2 * cell + 1] = 16;
    }
    page[16] = 0x83;
    page[17] = 0x40;
    let (members, missing) = unpacked(&database);
    assert!(!missing.is_empty());
    assert!(members.iter().map(|(_, content)| content.len()).sum::<usize>() < 3 * database.len());
}

#[test]
fn damage_never_panics() {
    let whole = database();
    for at in 0..whole.len() {
        for flip in [0x01, 0x55, 0xff] {
            let mut database = whole.clone();
            database[at] ^= flip;
            unpacked(&database);
        }
        unpacked(&whole[..at]);
    }
}

/// A log of frames: the number of the page, whether a transaction ends with it, and the page.
fn log(frames: &[(u32, bool, &[u8])]) -> Vec<u8> {
    let mut log = [0x377f_0682u32, 3_007_000, SIZE as u32, 0, 1, 2, 3, 4].map(u32::to_be_bytes).concat();
    for &(number, committed, page) in frames {
        log.extend([number, u32::from(committed), 1, 2, 3, 4].map(u32::to_be_bytes).concat());
        log.extend(page);
    }
    log
}

#[test]
fn a_log_is_known_and_survives_damage() {
    let database = database();
    let pages: Vec<_> = (1..).zip(database.chunks(SIZE)).map(|(number, page)| (number, number == 5, page)).collect();
    let log = log(&pages);
    assert!(is_container(&log));
    let (members, missing) = unpacked(&log);
    assert_eq!(missing, Vec::<String>::new());
    let row = format!("'two', 'begin {} end'", "0123456789".repeat(140));
    assert!(members.iter().any(|(name, rows)| name.as_deref() == Some("page 2") && holds(rows, row.as_bytes())));
    for at in (0..log.len()).step_by(3) {
        let mut damaged = log.clone();
        damaged[at] ^= 0x55;
        unpacked(&damaged);
        unpacked(&log[..at]);
    }
}

#[test]
fn a_value_of_a_log_that_goes_on_in_a_circle_ends() {
    // A cell that says to be of 32 GiB, which goes on in page 3.
    let mut rows = vec![b'x'; SIZE];
    rows[..10].copy_from_slice(&[13, 0, 0, 0, 1, 0, 0, 0, 0, 16]);
    rows[16..24].copy_from_slice(&[0xff, 0xff, 0xff, 0xff, 0x7f, 1, 2, 13 + 2 * 20]);
    let end = 22 + local((1 << 35) - 1);
    rows[end..end + 4].copy_from_slice(&3u32.to_be_bytes());
    let mut circle = vec![b'x'; SIZE];
    circle[..4].copy_from_slice(&3u32.to_be_bytes());
    let (members, missing) = unpacked(&log(&[(2, false, &rows), (3, true, &circle)]));
    assert_eq!(missing, Vec::<String>::new());
    assert!(members.iter().all(|(_, content)| content.len() < 8 * SIZE));
}

#[test]
fn a_value_that_a_log_holds_often_comes_out_of_the_budget() {
    let payload = record(&[&[b'x'; 8000]]);
    let kept = local(payload.len());
    let rows = leaf(false, &[(&payload, kept, 3)]);
    let parts: Vec<Vec<u8>> = (4u32..)
        .zip(payload[kept..].chunks(SIZE - 4))
        .map(|(next, part)| {
            let mut page = [&next.to_be_bytes(), part].concat();
            page.resize(SIZE, 0);
            page
        })
        .collect();
    let once = |times: usize| {
        let mut frames: Vec<(u32, bool, &[u8])> =
            (3..).zip(&parts).map(|(number, page)| (number, false, &page[..])).collect();
        frames.extend((0..times).map(|_| (2, true, &rows[..])));
        unpacked(&log(&frames))
    };
    let told = |members: &[(Option<String>, Vec<u8>)]| {
        members.iter().filter(|(name, _)| name.is_some()).map(|(_, content)| content.len()).sum::<usize>()
    };
    let (members, missing) = once(2);
    assert_eq!(missing, Vec::<String>::new());
    assert!(told(&members) > 16_000);
    let (members, missing) = once(200);
    assert!(missing.iter().any(|why| why.contains("--max-unpacked")), "{missing:?}");
    assert!(told(&members) < 2 << 20);
}

#[test]
fn two_tables_of_one_tree_are_told_once() {
    let statement = "CREATE TABLE t (name)";
    let (row, schema) = (record(&[b"the one"]), schema(2, statement));
    let mut pages = leaf(true, &[(&schema, schema.len(), 0), (&schema, schema.len(), 0)]);
    pages[..100].copy_from_slice(&database()[..100]);
    let mut inner = vec![0; SIZE];
    (inner[0], inner[4], inner[11]) = (5, 1, 4);
    inner[12..14].copy_from_slice(&500u16.to_be_bytes());
    inner[503] = 3;
    pages.extend(inner);
    pages.extend(leaf(false, &[(&row, row.len(), 0)]));
    pages.extend(leaf(false, &[(&row, row.len(), 0)]));
    let (members, missing) = unpacked(&pages);
    assert_eq!(members.iter().filter(|(_, content)| holds(content, b"name='the one'")).count(), 2);
    // The second table's root, and not also all that lies below it.
    assert_eq!(missing.len(), 1);
    assert!(missing[0].starts_with("1 page of"), "{missing:?}");
}

#[test]
fn the_work_for_a_log_of_many_transactions_grows_with_its_length() {
    let row = record(&[b"a value"]);
    let page = leaf(false, &[(&row, row.len(), 0)]);
    let frames: Vec<(u32, bool, &[u8])> = (2..2002).map(|number| (number, true, &page[..])).collect();
    let steps = steps(&log(&frames));
    assert!((2000..20 * 2000).contains(&steps), "{steps} steps for 2000 pages");
}

#[test]
fn the_work_for_a_schema_of_many_pages_grows_with_the_length_of_the_file() {
    let schema = schema(2, "CREATE TABLE t (name)");
    // The root of the tree of tables, with forty leaves below it; then pages that belong to nobody.
    let mut pages = vec![0; SIZE];
    pages[..100].copy_from_slice(&database()[..100]);
    (pages[100], pages[104], pages[111]) = (5, 39, 42);
    for cell in 0..39 {
        let at = 300 + 5 * cell;
        pages[112 + 2 * cell..114 + 2 * cell].copy_from_slice(&(at as u16).to_be_bytes());
        pages[at + 3] = 3 + cell as u8;
    }
    pages.extend(vec![0; SIZE]);
    (0..40).for_each(|_| pages.extend(leaf(false, &[(&schema, schema.len(), 0)])));
    pages.resize(2000 * SIZE, 0);
    let (members, _) = unpacked(&pages);
    assert_eq!(members.iter().filter(|(name, _)| name.as_deref().is_some_and(|n| n.contains("schema"))).count(), 40);
    let steps = steps(&pages);
    assert!((2000..20 * 2000).contains(&steps), "{steps} steps for 2000 pages");
}

#[test]
fn a_rollback_journal_tells_the_rows_that_were_there_before() {
    let database = database();
    let mut journal = [&[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7][..], &u32::MAX.to_be_bytes()].concat();
    journal.extend([7, 5, 512, SIZE as u32].map(u32::to_be_bytes).concat());
    journal.resize(512, 0);
    for (number, page) in (1u32..).zip(database.chunks(SIZE)) {
        journal.extend([&number.to_be_bytes()[..], page, b"sum!"].concat());
    }
    assert!(is_container(&journal));
    let (members, missing) = unpacked(&journal);
    assert_eq!(missing, Vec::<String>::new());
    let row = format!("'two', 'begin {} end'", "0123456789".repeat(140));
    assert!(members.iter().any(|(name, rows)| name.as_deref() == Some("page 2") && holds(rows, row.as_bytes())));
    let (name, rest) = members.last().unwrap();
    assert_eq!((name, rest.len()), (&None, journal.len()));
    assert!(holds(rest, b"deleted") && !holds(rest, b"first value"));
    for at in (0..journal.len()).step_by(3) {
        let mut damaged = journal.clone();
        damaged[at] ^= 0x55;
        unpacked(&damaged);
        unpacked(&journal[..at]);
    }
}
