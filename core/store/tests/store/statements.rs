//! Every statement of the crate, found in its source so that none can be forgotten.

use std::path::{Path, PathBuf};

use rusqlite::fallible_iterator::FallibleIterator;

use super::common::Till;

const VERBS: [&str; 9] =
    ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "CREATE ", "DROP ", "PRAGMA ", "WITH ", "ALTER "];

/// The string literals of a Rust file, parts of a `concat!` joined and a macro's `$slot` read as 0.
fn literals(source: &str) -> Vec<String> {
    let code: String = source
        .lines()
        .map(|line| if line.trim_start().starts_with("//") { "\n" } else { line })
        .collect::<Vec<_>>()
        .join("\n");
    let mut found: Vec<String> = Vec::new();
    let (mut rest, mut joins) = (code.as_str(), false);
    while let Some(at) = rest.find(['"', '\'', ')', '$', 'c', '/']) {
        let (_, here) = rest.split_at(at);
        if let Some(after) = here.strip_prefix("concat!(") {
            found.push(String::new());
            (rest, joins) = (after, true);
        } else if let Some(after) = here.strip_prefix("$slot") {
            if joins {
                found.last_mut().unwrap().push('0')
            }
            rest = after;
        } else if here.starts_with("//") {
            rest = here.split_once('\n').map_or("", |(_, after)| after);
        } else if let Some(text) = here.strip_prefix('"') {
            let mut literal = String::new();
            let mut letters = text.char_indices();
            let mut end = text.len();
            while let Some((index, letter)) = letters.next() {
                match letter {
                    '"' => {
                        end = index + 1;
                        break;
                    }
                    '\\' => match letters.next() {
                        Some((_, 'n')) => literal.push('\n'),
                        Some((_, '\n')) | None => {}
                        Some((_, other)) => literal.push(other),
                    },
                    letter => literal.push(letter),
                }
            }
            match found.last_mut().filter(|_| joins) {
                Some(last) => last.push_str(&literal),
                None => found.push(literal),
            }
            rest = &text[end..];
        } else if let Some(after) = here.strip_prefix("'\"'") {
            rest = after;
        } else {
            joins &= !here.starts_with(')');
            let width = here.chars().next().map_or(1, char::len_utf8);
            rest = &here[width..];
        }
    }
    found
}

fn without_tests(path: &Path) -> String {
    let source = std::fs::read_to_string(path).unwrap();
    source.split("#[cfg(test)]").next().unwrap_or("").into()
}

/// The files of a folder and of the folders in it, named from it on.
fn files(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root.join(folder)).unwrap() {
        let name = format!("{folder}/{}", entry.unwrap().file_name().display());
        if root.join(&name).is_dir() { found.extend(files(&name)) } else { found.push(name.into()) }
    }
    found
}

fn statements() -> Vec<(PathBuf, String)> {
    let mut statements = Vec::new();
    for file in files("src") {
        for literal in literals(&without_tests(&file)) {
            let text = literal.trim_start();
            if VERBS.iter().any(|verb| text.starts_with(verb)) {
                statements.push((file.clone(), text.to_string()));
            }
        }
    }
    statements
}

#[test]
fn every_statement_fits_the_newest_schema() {
    let till = Till::new();
    let (journal, centre) = (till.raw("journal.db"), till.raw("centre.db"));
    let statements = statements();
    assert!(statements.len() > 75, "only {} found: has the reader of literals gone blind?", statements.len());
    for (file, text) in &statements {
        let of_file = if file.starts_with("src/journal") {
            vec![&journal]
        } else if ["centre.rs", "changes.rs", "load.rs"].iter().any(|own| file.ends_with(own)) {
            vec![&centre]
        } else {
            vec![&journal, &centre]
        };
        let file = file.display();
        for db in of_file {
            let mut batch = rusqlite::Batch::new(db, text);
            let mut prepared = 0;
            while batch.next().unwrap_or_else(|error| panic!("{file}: {error}\n{text}")).is_some() {
                prepared += 1;
            }
            assert!(prepared > 0, "{file}: {text}");
        }
    }
}

#[test]
fn the_counter_sorts_nothing_and_reads_no_document() {
    let (till, statements) = (Till::new(), statements());
    let counter = statements.iter().find(|(_, text)| text.contains("GROUP BY section, currency")).unwrap();
    let journal = till.raw("journal.db");
    let mut explained = journal.prepare(&format!("EXPLAIN QUERY PLAN {}", counter.1)).unwrap();
    let plan = explained.query_map([], |row| row.get(3)).unwrap().collect::<Result<Vec<String>, _>>();
    let (groups, oldest) = (
        "SCAN one USING COVERING INDEX document_unsent",
        "SEARCH document USING COVERING INDEX document_unsent (section=? AND currency=?)",
    );
    assert_eq!(plan.unwrap(), [groups, "CORRELATED SCALAR SUBQUERY 1", oldest]);
}

#[test]
fn no_statement_is_built_at_run_time() {
    for path in files("src") {
        let source = without_tests(&path);
        for verb in VERBS {
            let built = source.contains(&format!("format!(\"{verb}"));
            assert!(!built, "{}: {verb}", path.display());
        }
    }
}

#[test]
fn no_operation_writes_both_files() {
    // A statement reaches another file only through ATTACH, and none does.
    for path in ["src", "migrations"].into_iter().flat_map(files) {
        let source = std::fs::read_to_string(&path).unwrap().to_lowercase();
        let words = source.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        assert_eq!(words.filter(|word| *word == "attach").count(), 0, "{}", path.display());
    }
}
