//! A small element tree with hard limits, borrowed from the bytes it was read from.
//!
//! No document type, no entity but XML's own five, nothing fetched: what is not plain elements and attributes is
//! refused before it costs anything.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::Event;
use quick_xml::events::attributes::Attributes;
use std::borrow::Cow;
use std::ops::Range;
use thiserror::Error;

/// What a document may not exceed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the whole document.
    pub bytes: usize,
    /// Elements inside elements.
    pub depth: usize,
    /// Attributes of one element, namespace declarations included.
    pub attributes: usize,
    /// Elements in all.
    pub elements: usize,
    /// Namespace declarations in scope at one point.
    pub namespaces: usize,
}

impl Limits {
    /// The limits every reader of this crate uses: 10 MiB, 64 deep, 256 attributes, 200 000 elements.
    pub const STRICT: Self =
        Self { bytes: 10 * 1024 * 1024, depth: 64, attributes: 256, elements: 200_000, namespaces: 64 };
}

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReadError {
    /// More bytes than [`Limits::bytes`].
    #[error("the document is larger than {0} bytes")]
    TooLarge(usize),
    /// Not UTF-8.
    #[error("the document is not UTF-8")]
    NotUtf8,
    /// It declares a document type, the door of every entity attack.
    #[error("a document type declaration is never allowed")]
    Doctype,
    /// Deeper than [`Limits::depth`].
    #[error("elements are nested deeper than {0}")]
    TooDeep(usize),
    /// More attributes on one element than [`Limits::attributes`].
    #[error("an element has more than {0} attributes")]
    TooManyAttributes(usize),
    /// More elements than [`Limits::elements`].
    #[error("the document has more than {0} elements")]
    TooManyElements(usize),
    /// More namespace declarations than [`Limits::namespaces`].
    #[error("more than {0} namespaces are declared at one point")]
    TooManyNamespaces(usize),
    /// Not well-formed.
    #[error("the document is not well-formed: {0}")]
    Syntax(String),
    /// The root is not `Comprobante` 4.0.
    #[error("the document is not a CFDI 4.0")]
    NotCfdi40,
    /// A type this crate does not model.
    #[error("documents of type {0} are not supported")]
    UnsupportedType(String),
    /// An element is missing or not where the schema wants it.
    #[error("{parent} lacks {name}")]
    MissingElement {
        /// The element that lacks it.
        parent: String,
        /// The one it lacks.
        name: &'static str,
    },
    /// An element the schema does not allow there.
    #[error("{name} is not allowed at this point of {parent}")]
    UnexpectedElement {
        /// Where it stands.
        parent: String,
        /// Its name.
        name: String,
    },
    /// A required attribute is missing.
    #[error("{element} lacks {attribute}")]
    MissingAttribute {
        /// The element.
        element: String,
        /// The attribute.
        attribute: &'static str,
    },
    /// An attribute the schema does not know.
    #[error("{element} has an attribute the schema does not know: {attribute}")]
    UnknownAttribute {
        /// The element.
        element: String,
        /// The attribute.
        attribute: String,
    },
    /// A value without the shape its type asks for.
    #[error("{element}/{attribute} has not the shape its type asks for")]
    BadValue {
        /// The element.
        element: String,
        /// The attribute.
        attribute: &'static str,
    },
}

impl ReadError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge(_) => "cfdi.xml.too_large",
            Self::NotUtf8 => "cfdi.xml.not_utf8",
            Self::Doctype => "cfdi.xml.doctype",
            Self::TooDeep(_) => "cfdi.xml.too_deep",
            Self::TooManyAttributes(_) => "cfdi.xml.too_many_attributes",
            Self::TooManyElements(_) => "cfdi.xml.too_many_elements",
            Self::TooManyNamespaces(_) => "cfdi.xml.too_many_namespaces",
            Self::Syntax(_) => "cfdi.xml.syntax",
            Self::NotCfdi40 => "cfdi.xml.not_cfdi40",
            Self::UnsupportedType(_) => "cfdi.xml.unsupported_type",
            Self::MissingElement { .. } => "cfdi.xml.missing_element",
            Self::UnexpectedElement { .. } => "cfdi.xml.unexpected_element",
            Self::MissingAttribute { .. } => "cfdi.xml.missing_attribute",
            Self::UnknownAttribute { .. } => "cfdi.xml.unknown_attribute",
            Self::BadValue { .. } => "cfdi.xml.bad_value",
        }
    }
}

/// One attribute; namespace declarations are not among them.
#[derive(Debug)]
pub(crate) struct Attr<'a> {
    /// Namespace, empty when the name has no prefix.
    pub(crate) space: &'a str,
    pub(crate) local: &'a str,
    pub(crate) value: Cow<'a, str>,
}

/// One element.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) space: &'a str,
    pub(crate) local: &'a str,
    pub(crate) attrs: Vec<Attr<'a>>,
    pub(crate) declared: Vec<(&'a str, &'a str)>,
    pub(crate) children: Vec<Node<'a>>,
    /// Text directly inside, blanks at both ends cut.
    pub(crate) text: String,
    /// Where the element stands in the bytes, tags included.
    pub(crate) span: Range<usize>,
    /// Where its content ends, which is where its end tag begins; equal to `span.end` when it is an empty tag.
    pub(crate) content_end: usize,
}

impl Node<'_> {
    pub(crate) fn is(&self, space: &str, local: &str) -> bool {
        self.local == local && self.space == space
    }
}

fn syntax(error: impl std::fmt::Display) -> ReadError {
    ReadError::Syntax(error.to_string())
}

/// Reads a whole document into its root element.
pub(crate) fn parse(bytes: &[u8], limits: Limits) -> Result<(&str, Node<'_>), ReadError> {
    if bytes.len() > limits.bytes {
        return Err(ReadError::TooLarge(limits.bytes));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ReadError::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    Builder::new(text, limits).run().map(|root| (text, root))
}

struct Builder<'a> {
    text: &'a str,
    limits: Limits,
    /// Prefix and address, innermost last.
    scope: Vec<(&'a str, &'a str)>,
    stack: Vec<(Node<'a>, usize)>,
    root: Option<Node<'a>>,
    elements: usize,
}

impl<'a> Builder<'a> {
    fn new(text: &'a str, limits: Limits) -> Self {
        Self { text, limits, scope: Vec::new(), stack: Vec::new(), root: None, elements: 0 }
    }

    fn run(mut self) -> Result<Node<'a>, ReadError> {
        let mut reader = Reader::from_str(self.text);
        reader.config_mut().check_end_names = true;
        loop {
            let start = position(reader.buffer_position());
            let event = reader.read_event().map_err(syntax)?;
            let end = position(reader.buffer_position());
            match event {
                Event::Start(tag) => {
                    let name_len = tag.name().as_ref().len();
                    let inside = self.slice(start + 1..end - 1)?;
                    self.open(inside, name_len, start..end)?;
                }
                Event::Empty(tag) => {
                    let name_len = tag.name().as_ref().len();
                    let inside = self.slice(start + 1..end - 2)?;
                    self.open(inside, name_len, start..end)?;
                    self.close(end, end)?;
                }
                Event::End(_) => self.close(start, end)?,
                Event::Text(text) => self.content(text.xml10_content().as_ref())?,
                Event::CData(data) => self.content(data.xml10_content().as_ref())?,
                Event::GeneralRef(reference) => {
                    let character = match reference.resolve_char_ref().map_err(syntax)? {
                        Some(character) => character.to_string(),
                        None => quick_xml::escape::resolve_predefined_entity(&reference.xml10_content())
                            .ok_or_else(|| syntax("an entity is not one of XML's own"))?
                            .to_owned(),
                    };
                    self.content(&character)?;
                }
                Event::DocType(_) => return Err(ReadError::Doctype),
                Event::Decl(declaration) => {
                    if let Some(encoding) = declaration.encoding() {
                        let encoding = encoding.map_err(syntax)?;
                        if !encoding.eq_ignore_ascii_case("utf-8") {
                            return Err(ReadError::NotUtf8);
                        }
                    }
                }
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        if !self.stack.is_empty() {
            return Err(syntax("an element is not closed"));
        }
        self.root.ok_or_else(|| syntax("there is no element"))
    }

    fn slice(&self, range: Range<usize>) -> Result<&'a str, ReadError> {
        self.text.get(range).ok_or_else(|| syntax("a tag is cut"))
    }

    fn open(&mut self, inside: &'a str, name_len: usize, span: Range<usize>) -> Result<(), ReadError> {
        if self.root.is_some() {
            return Err(syntax("there is more than one root"));
        }
        if self.stack.len() >= self.limits.depth {
            return Err(ReadError::TooDeep(self.limits.depth));
        }
        self.elements += 1;
        if self.elements > self.limits.elements {
            return Err(ReadError::TooManyElements(self.limits.elements));
        }
        let scope_before = self.scope.len();
        let mut attrs: Vec<Attr<'a>> = Vec::with_capacity(8);
        let mut declared = Vec::new();
        for (count, attribute) in Attributes::new(inside, name_len).enumerate() {
            if count >= self.limits.attributes {
                return Err(ReadError::TooManyAttributes(self.limits.attributes));
            }
            let attribute = attribute.map_err(syntax)?;
            let key = attribute.key.into_inner();
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(syntax)?;
            let prefix = if key == "xmlns" { Some("") } else { key.strip_prefix("xmlns:") };
            match prefix {
                Some(prefix) => {
                    if self.scope.len() >= self.limits.namespaces {
                        return Err(ReadError::TooManyNamespaces(self.limits.namespaces));
                    }
                    // An address with references in it is never one the SAT uses, and could be made to grow.
                    let Cow::Borrowed(space) = value else {
                        return Err(syntax("a namespace address holds references"));
                    };
                    self.scope.push((prefix, space));
                    declared.push((prefix, space));
                }
                None => attrs.push(Attr { space: "", local: key, value }),
            }
        }
        let name = inside.get(..name_len).ok_or_else(|| syntax("a tag is cut"))?;
        let (space, local) = self.resolve(name, true)?;
        // Only now is every prefix of this element declared.
        for attr in &mut attrs {
            (attr.space, attr.local) = self.resolve(attr.local, false)?;
        }
        let content_end = span.end;
        let node = Node { space, local, attrs, declared, children: Vec::new(), text: String::new(), span, content_end };
        self.stack.push((node, scope_before));
        Ok(())
    }

    fn close(&mut self, content_end: usize, end: usize) -> Result<(), ReadError> {
        let (mut node, scope_before) = self.stack.pop().ok_or_else(|| syntax("an element is closed twice"))?;
        self.scope.truncate(scope_before);
        node.content_end = content_end;
        node.span.end = end;
        let trimmed = node.text.trim_matches([' ', '\t', '\r', '\n']);
        if trimmed.len() != node.text.len() {
            let kept = trimmed.to_owned();
            node.text = kept;
        }
        match self.stack.last_mut() {
            Some((parent, _)) => parent.children.push(node),
            None => self.root = Some(node),
        }
        Ok(())
    }

    fn content(&mut self, text: &str) -> Result<(), ReadError> {
        match self.stack.last_mut() {
            Some((node, _)) => {
                // Blanks between elements, nearly all the text there is, are not kept.
                if !node.text.is_empty() || text.contains(|c| !matches!(c, ' ' | '\t' | '\r' | '\n')) {
                    node.text.push_str(text);
                }
                Ok(())
            }
            None if text.trim().is_empty() => Ok(()),
            None => Err(syntax("there is text outside the root")),
        }
    }

    fn resolve(&self, name: &'a str, default_applies: bool) -> Result<(&'a str, &'a str), ReadError> {
        let (prefix, local) = match name.split_once(':') {
            Some((prefix, local)) => (prefix, local),
            None if default_applies => ("", name),
            None => return Ok(("", name)),
        };
        if prefix == "xml" {
            return Ok(("http://www.w3.org/XML/1998/namespace", local));
        }
        match self.scope.iter().rev().find(|(known, _)| *known == prefix) {
            Some((_, space)) => Ok((space, local)),
            None if prefix.is_empty() => Ok(("", local)),
            None => Err(syntax("a prefix is not declared")),
        }
    }
}

fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
