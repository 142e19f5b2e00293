use super::*;

fn file(folder: &Path, key: u8, limit: u64) -> File {
    File::new(folder.join("in/here/store.redb"), [key; 32], limit)
}

fn add(record: &[u8]) -> Change<'_> {
    Change { record, instead_of: &[], only_after: None }
}

#[test]
fn what_was_written_is_read_by_its_key_only() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (file(folder.path(), 1, LARGE), file(folder.path(), 2, LARGE));
    assert!(one.load().unwrap().records.is_empty(), "there is no file");
    let long: Vec<u8> = (0..PART * 2 + 5).map(|n| (n % 251) as u8).collect();
    assert_eq!(one.save(Some(&add(&long))), Ok(Some(0)));
    assert_eq!(one.save(Some(&add(b"more"))), Ok(Some(1)));
    assert_eq!(one.load().unwrap().records, [(0, long), (1, b"more".to_vec())]);
    assert!(other.load().unwrap().records.is_empty());
    let all = Change { record: b"all", instead_of: &[0, 1], only_after: Some(&[0]) };
    assert_eq!(one.save(Some(&all)), Ok(None), "somebody has written meanwhile");
    assert_eq!(one.save(Some(&Change { only_after: Some(&[0, 1]), ..all })), Ok(Some(2)));
    let loaded = one.load().unwrap();
    assert_eq!((loaded.records, loaded.damaged, loaded.old), (vec![(2, b"all".to_vec())], vec![], false));
}

#[cfg(unix)]
#[test]
fn nobody_else_may_look_into_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), 1, LARGE).save(Some(&add(b"a"))).unwrap();
    let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("in"), mode("in/here"), mode("in/here/store.redb")), (0o700, 0o700, 0o600));
}

#[test]
fn a_damaged_part_makes_its_record_absent() {
    let folder = tempfile::tempdir().unwrap();
    let one = file(folder.path(), 1, LARGE);
    let long = vec![7; PART + 100];
    one.save(Some(&add(&long))).unwrap();
    one.save(Some(&add(b"sound"))).unwrap();
    let database = Builder::new().create(&one.path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction.open_table(RECORDS).unwrap().remove(&one.name(0, 1)[..]).unwrap();
    transaction.commit().unwrap();
    drop(database);
    let loaded = one.load().unwrap();
    assert_eq!((loaded.records, loaded.damaged), (vec![(1, b"sound".to_vec())], vec![0]));
}

#[test]
fn the_keys_that_were_used_longest_ago_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let record = vec![1; 1000];
    let limit = 3 * 1100;
    for key in 1..=3 {
        let one = file(folder.path(), key, limit);
        one.save(Some(&add(&record))).unwrap();
        // Times have seconds only.
        let database = Builder::new().create(&one.path).unwrap();
        let transaction = database.begin_write().unwrap();
        let stamp = (u64::from(10 - key), 1036);
        transaction.open_table(USES).unwrap().insert(&one.key[..], stamp).unwrap();
        transaction.commit().unwrap();
    }
    file(folder.path(), 4, limit).save(Some(&add(&record))).unwrap();
    let known: Vec<u8> =
        (1..=4).filter(|&key| !file(folder.path(), key, limit).load().unwrap().records.is_empty()).collect();
    assert_eq!(known, [1, 2, 4], "3 was used first");
    let error = file(folder.path(), 5, limit).save(Some(&add(&vec![1; 4000]))).unwrap_err();
    assert!(error.contains("above the limit"), "{error}");
    assert!(!file(folder.path(), 4, limit).load().unwrap().records.is_empty(), "a refused one takes nobody's place");
}

const LARGE: u64 = 1 << 30;
