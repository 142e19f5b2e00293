use super::*;
use crate::aws::testing::{make_key_id, make_secret};
use crate::secret::Secret;

fn key(secret: u64) -> Key {
    Key {
        id: make_key_id("AKIA", 609_629_065_308, 7),
        secret: Some(Secret::new(make_secret(secret).as_bytes())),
        token: None,
        evidence: Vec::new(),
    }
}

fn cache(folder: &Path) -> Cache {
    Cache::open(folder, Ages::default()).expect("a fresh folder")
}

#[test]
fn answers_are_remembered_and_no_answers_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::default();
    for verdict in [Verdict::Live, Verdict::Inactive, Verdict::Expired, Verdict::WrongSecret] {
        cache(folder.path()).put(&key(1), &Verification::new(verdict), &settings);
        let known = cache(folder.path()).get(&key(1), &settings).expect("remembered");
        assert_eq!((known.verdict, known.cached), (verdict, true));
    }
    assert_eq!(cache(folder.path()).get(&key(2), &settings), None, "another secret is another question");
    let stand_in = Settings { sts_endpoint: Some("http://localhost:1".into()), ..Settings::default() };
    assert_eq!(cache(folder.path()).get(&key(1), &stand_in), None, "a stand-in's answer is not AWS's");
    for verdict in [Verdict::Unknown, Verdict::Canary, Verdict::IdActive] {
        cache(folder.path()).put(&key(3), &Verification::new(verdict), &settings);
        assert_eq!(cache(folder.path()).get(&key(3), &settings), None, "{verdict:?}");
    }
}

#[test]
fn answers_grow_old() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::default();
    for (verdict, hours, counts) in [
        (Verdict::Live, 0, true),
        (Verdict::Live, 2, false),
        (Verdict::Inactive, 2, true),
        (Verdict::Inactive, 8 * 24, false),
        (Verdict::Inactive, -2, false),
    ] {
        let cache = cache(folder.path());
        let asked = (now() as i64 - hours * 3600) as u64;
        let entry = Entry { asked, verification: Verification::new(verdict) };
        fs::write(cache.path(&key(1), &settings), serde_json::to_vec(&entry).unwrap()).unwrap();
        assert_eq!(cache.get(&key(1), &settings).is_some(), counts, "{verdict:?} {hours}");
    }
    let none = Cache::open(folder.path(), Ages { live: Duration::ZERO, dead: Duration::ZERO }).unwrap();
    none.put(&key(1), &Verification::new(Verdict::Live), &settings);
    assert_eq!(none.get(&key(1), &settings), None);
}

#[test]
fn torn_files_are_misses() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::default();
    let first = cache(folder.path());
    first.put(&key(1), &Verification::new(Verdict::Live), &settings);
    let path = first.path(&key(1), &settings);
    let whole = fs::read(&path).unwrap();
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..cut]).unwrap();
        assert_eq!(first.get(&key(1), &settings), None, "{cut} bytes");
    }
    fs::write(folder.path().join("key"), b"torn").unwrap();
    let again = cache(folder.path());
    again.put(&key(1), &Verification::new(Verdict::Live), &settings);
    assert!(again.get(&key(1), &settings).is_some());
}

#[test]
fn nothing_in_it_tells_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = ["one", "other"].map(|name| cache(&folder.path().join(name)));
    let settings = Settings::default();
    one.put(&key(1), &Verification::new(Verdict::Live), &settings);
    let names = [&one, &other].map(|cache| cache.path(&key(1), &settings).file_name().unwrap().to_owned());
    assert_ne!(names[0], names[1], "every user names it otherwise");
    let mut text = String::new();
    for file in fs::read_dir(folder.path().join("one")).unwrap() {
        let path = file.unwrap().path();
        text += &format!("{} {}", path.display(), String::from_utf8_lossy(&fs::read(&path).unwrap()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{}", path.display());
        }
    }
    assert!(!text.contains(&make_secret(1)) && !text.contains(&key(1).id), "{text}");
}

/// Many at once, on one folder: no torn answer, one key.
#[test]
fn two_at_once_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let (cache, settings) = (cache(folder.path()), Settings::default());
                for n in 0..40 {
                    cache.put(&key(n % 4), &Verification::new(Verdict::Live), &settings);
                    assert!(cache.get(&key(n % 4), &settings).is_some());
                }
            });
        }
    });
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5, "four answers and the key");
}
