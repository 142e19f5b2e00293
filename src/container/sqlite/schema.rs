//! Tables and their columns, from the statements that made them.

use super::record::Value;

/// A table or an index.
#[derive(Debug)]
pub(super) struct Table {
    pub name: Vec<u8>,
    pub root: u32,
    pub columns: Vec<Box<[u8]>>,
}

/// Those of the table that lists the tables need no names.
pub(super) const COLUMNS: &[Box<[u8]>] = &[];

/// Words with which a line of a table's definition begins that is no column.
const NO_COLUMN: [&[u8]; 5] = [b"CONSTRAINT", b"PRIMARY", b"UNIQUE", b"CHECK", b"FOREIGN"];
/// Names longer than this are cut: they stand before every value.
const LONGEST: usize = 64;

impl Table {
    /// From a row of the schema: kind, name, table, root page, statement. A view has no page.
    pub fn new(row: &[Value<'_>]) -> Option<Self> {
        let [Value::Bytes(kind), Value::Bytes(name), _, root, rest @ ..] = row else { return None };
        let root = match root {
            Value::Number(root) => u32::try_from(*root).ok().filter(|&root| root > 1)?,
            _ => return None,
        };
        let columns = match rest {
            [Value::Bytes(statement), ..] if **kind == b"table"[..] => columns(statement),
            _ => Vec::new(),
        };
        Some(Self { name: name[..name.len().min(LONGEST)].to_vec(), root, columns })
    }
}

/// The names of the columns that `CREATE TABLE name (…)` defines, in the order in which records hold them.
fn columns(statement: &[u8]) -> Vec<Box<[u8]>> {
    let (definitions, options) = definitions(statement);
    let mut columns: Vec<&[u8]> = Vec::new();
    let mut key: Vec<&[u8]> = Vec::new();
    let mut is_column = true;
    for definition in definitions {
        let name = self::name(definition);
        is_column &= !name.is_empty() && !NO_COLUMN.iter().any(|word| name.eq_ignore_ascii_case(word));
        if is_column {
            columns.push(name);
        }
        match primary_key(definition) {
            Some(list) if !is_column => key.extend(list.split(|&b| b == b',').map(|one| self::name(one.trim_ascii()))),
            Some(_) => key.push(name),
            None => {}
        }
    }
    // Without row ids a record begins with the columns of the key.
    if options.split(|b| !b.is_ascii_alphabetic()).any(|word| word.eq_ignore_ascii_case(b"ROWID")) {
        let place = |column: &[u8]| key.iter().position(|name| name.eq_ignore_ascii_case(column));
        columns.sort_by_key(|column| place(column).unwrap_or(key.len()));
    }
    columns.into_iter().map(|name| name[..name.len().min(LONGEST)].into()).collect()
}

/// What stands between the brackets of `CREATE TABLE name (…)`, and what follows them.
fn definitions(statement: &[u8]) -> (Vec<&[u8]>, &[u8]) {
    let mut definitions = Vec::new();
    let Some(open) = statement.iter().position(|&b| b == b'(') else { return (definitions, b"") };
    let mut rest = &statement[open + 1..];
    loop {
        let end = outside(rest).find(|&(_, b)| b == b',' || b == b')').map(|(at, _)| at);
        definitions.push(rest[..end.unwrap_or(rest.len())].trim_ascii());
        match end {
            Some(end) if rest[end] == b',' => rest = &rest[end + 1..],
            Some(end) => return (definitions, &rest[end + 1..]),
            None => return (definitions, b""),
        }
    }
}

/// What follows `PRIMARY KEY` in a definition, without the bracket that it may begin with.
fn primary_key(definition: &[u8]) -> Option<&[u8]> {
    let mut bare = vec![b'.'; definition.len()];
    outside(definition).for_each(|(at, b)| bare[at] = b.to_ascii_uppercase());
    let at = memchr::memmem::find(&bare, b"PRIMARY")? + b"PRIMARY".len();
    let key = at + bare[at..].iter().position(|b| !b.is_ascii_whitespace())?;
    let rest = definition[key..].get(3..).filter(|_| bare[key..].starts_with(b"KEY"))?.trim_ascii();
    Some(rest.strip_prefix(b"(").unwrap_or(rest))
}

/// The name that a definition begins with, without its quotes.
fn name(definition: &[u8]) -> &[u8] {
    let close = match definition.first() {
        Some(b'[') => b']',
        Some(quote @ (b'"' | b'`' | b'\'')) => *quote,
        _ => {
            let end = definition.iter().position(|b| b.is_ascii_whitespace() || b",()".contains(b));
            return &definition[..end.unwrap_or(definition.len())];
        }
    };
    let inner = &definition[1..];
    &inner[..inner.iter().position(|&b| b == close).unwrap_or(inner.len())]
}

/// The bytes of a text that stand in no quotes and in no brackets of its own, with their places.
fn outside(text: &[u8]) -> impl Iterator<Item = (usize, u8)> {
    let (mut depth, mut quote) = (0usize, None);
    text.iter().copied().enumerate().filter(move |&(_, b)| {
        let level = depth;
        match (quote, b) {
            (Some(open), _) => {
                quote = Some(open).filter(|&open| open != b);
                return false;
            }
            (None, b'"' | b'\'' | b'`') => quote = Some(b),
            (None, b'[') => quote = Some(b']'),
            (None, b'(') => depth += 1,
            (None, b')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        level == 0
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_of_a_statement() {
        let columns = |statement: &str| {
            let columns = super::columns(statement.as_bytes());
            columns.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect::<Vec<_>>()
        };
        let all = "CREATE TABLE \"t\" (id INTEGER PRIMARY KEY, \"a, b\" VARCHAR(10, 2) DEFAULT 'x,(y', [c d] TEXT,\n\
            `e`, f CHECK (f IN (1, 2)), PRIMARY KEY (id, f))";
        assert_eq!(columns(all), ["id", "a, b", "c d", "e", "f"]);
        assert_eq!(columns("CREATE TABLE t (a, b) WITHOUT ROWID"), ["a", "b"]);
        assert_eq!(
            columns("CREATE TABLE t (a, b Primary  Key, c DEFAULT 'primary key') without rowid"),
            ["b", "a", "c"]
        );
        let two = "CREATE TABLE t (a, \"b\", c, d, CONSTRAINT k PRIMARY KEY (D COLLATE nocase, [b] DESC)) STRICT, WITHOUT ROWID";
        assert_eq!(columns(two), ["d", "b", "a", "c"]);
        assert_eq!(columns(&two.replace("WITHOUT ROWID", "")), ["a", "b", "c", "d"]);
        for broken in ["CREATE TABLE t", "CREATE TABLE t (", "CREATE TABLE t (a", "CREATE TABLE t (a,", "(,", "(\"a"] {
            assert!(columns(broken).len() <= 1, "{broken}");
        }
    }
}
