//! Taking attributes and children out of an element, one by one, so that what is left over is noticed.

use super::NS_XSI;
use super::tree::{Node, ReadError};
use crate::model::TipoFactor;
use crate::num;
use jiff::civil::DateTime;
use rust_decimal::Decimal;

/// Attributes of one element.
pub(super) struct Fields<'n, 'a> {
    node: &'n Node<'a>,
    /// One bit an attribute, as many as an element may have.
    taken: [u64; 4],
}

impl<'n, 'a> Fields<'n, 'a> {
    pub(super) fn new(node: &'n Node<'a>) -> Self {
        Self { node, taken: [0; 4] }
    }

    fn find(&mut self, name: &'static str) -> Option<&'n str> {
        let mut attrs = self.node.attrs.iter().enumerate();
        let (at, attr) = attrs.find(|(_, attr)| attr.local == name && attr.space.is_empty())?;
        if let Some(bits) = self.taken.get_mut(at / 64) {
            *bits |= 1 << (at % 64);
        }
        Some(attr.value.as_ref())
    }

    fn bad(&self, attribute: &'static str) -> ReadError {
        ReadError::BadValue { element: self.node.local.to_owned(), attribute }
    }

    fn missing(&self, attribute: &'static str) -> ReadError {
        ReadError::MissingAttribute { element: self.node.local.to_owned(), attribute }
    }

    pub(super) fn opt(&mut self, name: &'static str) -> Option<String> {
        self.find(name).map(str::to_owned)
    }

    /// A required attribute that an unsealed document may still lack.
    pub(super) fn or_empty(&mut self, name: &'static str) -> String {
        self.opt(name).unwrap_or_default()
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<String, ReadError> {
        self.opt(name).ok_or_else(|| self.missing(name))
    }

    pub(super) fn fixed(&mut self, name: &'static str, value: &str) -> Result<(), ReadError> {
        match self.find(name) {
            Some(found) if found == value => Ok(()),
            Some(_) => Err(self.bad(name)),
            None => Err(self.missing(name)),
        }
    }

    /// A number whose digits come back exactly as they stood, so that the cadena is the same.
    pub(super) fn opt_number(&mut self, name: &'static str, decimals: u32) -> Result<Option<Decimal>, ReadError> {
        let Some(text) = self.find(name) else { return Ok(None) };
        let plain = text == "0" || !text.starts_with('0') || text.starts_with("0.");
        match num::parse(text, decimals) {
            Some(value) if plain => Ok(Some(value)),
            _ => Err(self.bad(name)),
        }
    }

    pub(super) fn number(&mut self, name: &'static str, decimals: u32) -> Result<Decimal, ReadError> {
        self.opt_number(name, decimals)?.ok_or_else(|| self.missing(name))
    }

    pub(super) fn instalment(&mut self, name: &'static str) -> Result<u16, ReadError> {
        let text = self.text(name)?;
        let plain = (1..=3).contains(&text.len()) && !text.starts_with('0');
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(value) if plain && digits => Ok(value),
            _ => Err(self.bad(name)),
        }
    }

    /// `YYYY-MM-DDThh:mm:ss`, nothing more and nothing less.
    pub(super) fn fecha(&mut self, name: &'static str) -> Result<DateTime, ReadError> {
        let text = self.text(name)?;
        parse_fecha(&text).ok_or_else(|| self.bad(name))
    }

    pub(super) fn factor(&mut self, name: &'static str) -> Result<TipoFactor, ReadError> {
        let text = self.text(name)?;
        TipoFactor::from_clave(&text).ok_or_else(|| self.bad(name))
    }

    /// Refuses what was not taken. Schema hints are nobody's data.
    pub(super) fn finish(self) -> Result<(), ReadError> {
        for (at, attr) in self.node.attrs.iter().enumerate() {
            let taken = self.taken.get(at / 64).is_some_and(|bits| bits & (1 << (at % 64)) != 0);
            let known = taken || attr.space == NS_XSI;
            if !known {
                return Err(ReadError::UnknownAttribute {
                    element: self.node.local.to_owned(),
                    attribute: attr.local.to_owned(),
                });
            }
        }
        if self.node.text.is_empty() {
            Ok(())
        } else {
            Err(ReadError::UnexpectedElement { parent: self.node.local.to_owned(), name: "texto".to_owned() })
        }
    }
}

/// Reads a date and time in the SAT's shape.
pub(crate) fn parse_fecha(text: &str) -> Option<DateTime> {
    let shape = text.len() == 19
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            10 => byte == b'T',
            13 | 16 => byte == b':',
            _ => byte.is_ascii_digit(),
        });
    if shape { text.parse().ok() } else { None }
}

/// Children of one element, in the order the schema asks for.
pub(super) struct Children<'n, 'a> {
    parent: &'n Node<'a>,
    space: &'static str,
    at: usize,
}

impl<'n, 'a> Children<'n, 'a> {
    pub(super) fn new(parent: &'n Node<'a>, space: &'static str) -> Self {
        Self { parent, space, at: 0 }
    }

    /// The next child when it has this name.
    pub(super) fn next_if(&mut self, name: &str) -> Option<&'n Node<'a>> {
        let node = self.parent.children.get(self.at).filter(|node| node.is(self.space, name))?;
        self.at += 1;
        Some(node)
    }

    pub(super) fn required(&mut self, name: &'static str) -> Result<&'n Node<'a>, ReadError> {
        match self.next_if(name) {
            Some(node) => Ok(node),
            None => Err(ReadError::MissingElement { parent: self.parent.local.to_owned(), name }),
        }
    }

    /// Every child from here on with this name, each read.
    pub(super) fn many<T>(
        &mut self,
        name: &str,
        read: impl Fn(&'n Node<'a>) -> Result<T, ReadError>,
    ) -> Result<Vec<T>, ReadError> {
        let mut all = Vec::new();
        while let Some(node) = self.next_if(name) {
            all.push(read(node)?);
        }
        Ok(all)
    }

    /// The same, where the schema wants at least one.
    pub(super) fn some<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&'n Node<'a>) -> Result<T, ReadError>,
    ) -> Result<Vec<T>, ReadError> {
        let all = self.many(name, read)?;
        if all.is_empty() {
            return Err(ReadError::MissingElement { parent: self.parent.local.to_owned(), name });
        }
        Ok(all)
    }

    pub(super) fn finish(self) -> Result<(), ReadError> {
        match self.parent.children.get(self.at) {
            None => Ok(()),
            Some(node) => {
                Err(ReadError::UnexpectedElement { parent: self.parent.local.to_owned(), name: node.local.to_owned() })
            }
        }
    }
}
