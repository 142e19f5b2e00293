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

/// The names of the columns that `CREATE TABLE name (…)` defines.
fn columns(statement: &[u8]) -> Vec<Box<[u8]>> {
    let Some(open) = statement.iter().position(|&b| b == b'(') else { return Vec::new() };
    let mut columns = Vec::new();
    let mut rest = &statement[open + 1..];
    loop {
        let definition = rest.trim_ascii_start();
        let name = name(definition);
        if name.is_empty() || NO_COLUMN.iter().any(|word| name.eq_ignore_ascii_case(word)) {
            return columns;
        }
        columns.push(name[..name.len().min(LONGEST)].into());
        match end(definition) {
            Some(end) if definition[end] == b',' => rest = &definition[end + 1..],
            _ => return columns,
        }
    }
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

/// Where a definition ends: at a comma or bracket of its own level, outside of quotes.
fn end(definition: &[u8]) -> Option<usize> {
    let (mut depth, mut quote) = (0usize, None);
    for (at, &b) in definition.iter().enumerate() {
        match (quote, b) {
            (Some(open), _) => quote = Some(open).filter(|&open| open != b),
            (None, b'"' | b'\'' | b'`') => quote = Some(b),
            (None, b'[') => quote = Some(b']'),
            (None, b'(') => depth += 1,
            (None, b')' | b',') if depth == 0 => return Some(at),
            (None, b')') => depth -= 1,
            _ => {}
        }
    }
    None
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
        for broken in ["CREATE TABLE t", "CREATE TABLE t (", "CREATE TABLE t (a", "CREATE TABLE t (a,", "(,", "(\"a"] {
            assert!(columns(broken).len() <= 1, "{broken}");
        }
    }
}
