//! Sources as the tests of the layout read them: without comments, without tests, and with their literals apart.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("testkit lies in crates/").to_owned()
}

/// Sources of a room outside its test modules' files, examples and benches.
pub(crate) fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("the room is there").map(|entry| entry.expect("readable").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs")
            && path.file_stem().is_none_or(|stem| stem != "tests")
        {
            found.push(path);
        }
    }
}

/// What ships of a folder: without the modules that a `#[cfg(test)]` declares either.
pub(crate) fn shipped_sources(folder: &Path) -> Vec<(PathBuf, Source)> {
    let mut files = Vec::new();
    sources(folder, &mut files);
    assert!(!files.is_empty(), "{} has no sources", folder.display());
    let read: Vec<(PathBuf, Source)> = files.into_iter().map(|path| (path.clone(), Source::read(&path))).collect();
    let tests: BTreeSet<PathBuf> = read.iter().flat_map(|(path, source)| source.test_modules(path)).collect();
    read.into_iter()
        .filter(|(path, _)| !path.ancestors().any(|part| tests.contains(&part.with_extension(""))))
        .collect()
}

/// A literal and where it stands.
pub(crate) struct Literal {
    pub(crate) at: usize,
    pub(crate) text: String,
}

/// A file in two views of the same length, and its literals.
pub(crate) struct Source {
    /// Without comments.
    pub(crate) code: String,
    /// Without literals either: parentheses and braces in it are the language's own.
    pub(crate) bare: String,
    pub(crate) literals: Vec<Literal>,
    tests: Vec<String>,
}

impl Source {
    pub(crate) fn read(path: &Path) -> Self {
        Self::of(&fs::read_to_string(path).expect("UTF-8"))
    }

    pub(crate) fn of(text: &str) -> Self {
        let (mut code, mut bare) = (text.as_bytes().to_vec(), text.as_bytes().to_vec());
        let mut literals = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let (kind, end) = token(text, at);
            match kind {
                Token::Comment => {
                    blank(&mut code, at, end);
                    blank(&mut bare, at, end);
                }
                Token::Text(from, to) => {
                    literals.push(Literal { at, text: text[from..to].to_owned() });
                    blank(&mut bare, at, end);
                }
                Token::Letter => blank(&mut bare, at, end),
                Token::Other => {}
            }
            at = end;
        }
        let utf8 = |bytes| String::from_utf8(bytes).expect("whole characters were blanked");
        let mut source = Self { code: utf8(code), bare: utf8(bare), literals, tests: Vec::new() };
        source.drop_tests();
        source
    }

    /// Takes out what stands under `#[cfg(test)]`: a block, or the declaration of a module in another file.
    fn drop_tests(&mut self) {
        const MARK: &str = "#[cfg(test)]";
        while let Some(start) = self.bare.find(MARK) {
            let rest = &self.bare[start..];
            let (semicolon, brace) = (rest.find(';'), rest.find('{'));
            let length = match (semicolon, brace) {
                (Some(semicolon), brace) if brace.is_none_or(|brace| semicolon < brace) => {
                    let item = rest[MARK.len()..semicolon].trim();
                    self.tests.extend(item.rsplit_once("mod ").map(|(_, name)| name.trim().to_owned()));
                    semicolon + 1
                }
                (_, Some(brace)) => closing(rest, brace) + 1,
                _ => rest.len(),
            };
            let end = start + length;
            self.literals.retain(|literal| !(start..end).contains(&literal.at));
            for view in [&mut self.code, &mut self.bare] {
                let mut bytes = std::mem::take(view).into_bytes();
                blank(&mut bytes, start, end);
                *view = String::from_utf8(bytes).expect("whole items were blanked");
            }
        }
    }

    /// Files and folders, without their ending, of the modules that are tests.
    fn test_modules(&self, path: &Path) -> Vec<PathBuf> {
        let own = path.file_stem().is_some_and(|stem| stem == "mod" || stem == "lib" || stem == "main");
        let folder =
            if own { path.parent().expect("a file lies in a folder").to_owned() } else { path.with_extension("") };
        self.tests.iter().map(|name| folder.join(name)).collect()
    }

    /// The line of a place, as an editor counts.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.code[..at].matches('\n').count() + 1
    }
}

/// Where the bracket closes that stands at `open` of a text without literals.
pub(crate) fn closing(bare: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, c) in bare[open..].char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return open + at;
        }
    }
    bare.len()
}

enum Token {
    Comment,
    /// From where to where the text of the literal goes.
    Text(usize, usize),
    /// A character.
    Letter,
    Other,
}

/// What stands at `at`, and where it ends.
fn token(text: &str, at: usize) -> (Token, usize) {
    let rest = &text[at..];
    let first = rest.chars().next().map_or(1, char::len_utf8);
    let after_word = text[..at].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
    if rest.starts_with("//") {
        return (Token::Comment, at + rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Token::Comment, at + rest.find("*/").map_or(rest.len(), |end| end + 2));
    }
    if let Some(raw) = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))
        && !after_word
        && let Some(from) = raw.find('"').filter(|from| raw[..*from].chars().all(|c| c == '#'))
    {
        let open = rest.len() - raw.len() + from + 1;
        let end = format!("\"{}", "#".repeat(from));
        let close = rest[open..].find(&end).map_or(rest.len(), |close| open + close);
        return (Token::Text(at + open, at + close), at + (close + end.len()).min(rest.len()));
    }
    if rest.starts_with('"') {
        let mut escaped = false;
        for (place, c) in rest.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => return (Token::Text(at + 1, at + place), at + place + 1),
                _ => {}
            }
        }
        return (Token::Other, text.len());
    }
    if rest.starts_with('\'') {
        let mut inside = rest.chars().skip(1);
        let (one, two) = (inside.next(), inside.next());
        if one == Some('\\') {
            let escape = 1 + '\\'.len_utf8() + two.map_or(0, char::len_utf8);
            return (Token::Letter, at + rest[escape..].find('\'').map_or(rest.len(), |end| escape + end + 1));
        }
        if two == Some('\'') {
            return (Token::Letter, at + 2 + one.map_or(0, char::len_utf8));
        }
    }
    (Token::Other, at + first)
}

/// Line breaks stay, so that lines are counted as an editor counts them.
fn blank(bytes: &mut [u8], from: usize, to: usize) {
    for byte in &mut bytes[from..to] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

#[test]
fn comments_and_tests_are_out_and_literals_apart() {
    let source = Source::of(
        "// \"no\"\nfn f<'a>(c: char) { if c == '\"' { g(\"a \\\" {\", r#\"raw \"x\"\"#); } } /* \"no\" */\n\
         #[cfg(test)]\nmod measure;\nfn h() { i(\"b\") }\n#[cfg(test)]\nmod tests { fn t() { j(\"}\"); } }\nconst C: &str = \"c\";",
    );
    let literals: Vec<&str> = source.literals.iter().map(|literal| literal.text.as_str()).collect();
    assert_eq!(literals, ["a \\\" {", "raw \"x\"", "b", "c"]);
    assert!(!source.code.contains("no") && !source.code.contains("fn t()") && source.bare.contains("fn h()"));
    assert_eq!(source.test_modules(Path::new("a/mod.rs")), [Path::new("a/measure")]);
    assert_eq!(source.test_modules(Path::new("a/b.rs")), [Path::new("a/b/measure")]);
}
