//! The Mexican tax id.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Registro Federal de Contribuyentes: 12 characters (persona moral) or 13 (persona física).
///
/// Source: SAT, `tdCFDI.xsd`, type `t_RFC`; the date inside must be a real one.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)] // `Debug` is by hand and masks.
#[serde(into = "String", try_from = "String")]
pub struct Rfc(String);

/// Which kind of taxpayer an RFC belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Persona {
    /// A company.
    Moral,
    /// An individual.
    Fisica,
    /// One of the two generic RFCs, which act as neither.
    Generica,
}

/// The text has not the shape of an RFC, or its date does not exist.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error("the RFC has not the shape the SAT gives it")]
pub struct InvalidRfc;

impl InvalidRfc {
    /// Stable code of this error.
    pub const fn code(self) -> &'static str {
        "rfc.format"
    }
}

impl Rfc {
    /// RFC of the Mexican public in general.
    pub const PUBLICO_EN_GENERAL: &'static str = "XAXX010101000";
    /// RFC of every foreigner.
    pub const EXTRANJERO: &'static str = "XEXX010101000";

    /// The characters, upper case, without blanks or dashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Company, individual or generic.
    pub fn persona(&self) -> Persona {
        match self.0.as_str() {
            Self::PUBLICO_EN_GENERAL | Self::EXTRANJERO => Persona::Generica,
            rfc if rfc.chars().count() == 12 => Persona::Moral,
            _ => Persona::Fisica,
        }
    }

    /// Whether this is one of the two generic RFCs.
    pub fn is_generic(&self) -> bool {
        self.persona() == Persona::Generica
    }

    /// Whether the last character is the one the algorithm gives; generic RFCs skip it.
    ///
    /// A failure is a warning, never a refusal: the SAT has issued such RFCs.
    /// Source: SAT, algorithm of the `dígito verificador`.
    pub fn check_digit_fits(&self) -> bool {
        self.is_generic() || self.0.ends_with(check_character(&self.0))
    }
}

fn check_character(rfc: &str) -> char {
    const ALPHABET: &str = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ";
    let length = rfc.chars().count();
    let body = rfc.chars().take(length - 1);
    let padded = std::iter::repeat_n(' ', 13 - length).chain(body);
    let sum: usize = padded
        .zip((2..=13).rev())
        .map(|(character, weight)| ALPHABET.chars().position(|c| c == character).unwrap_or(0) * weight)
        .sum();
    match sum % 11 {
        0 => '0',
        1 => 'A',
        rest => char::from(b'0' + u8::try_from(11 - rest).expect("11 - 2..=10 is one digit")),
    }
}

fn has_sat_shape(rfc: &str) -> bool {
    let characters: Vec<char> = rfc.chars().collect();
    let letters = match characters.len() {
        12 => 3,
        13 => 4,
        _ => return false,
    };
    let (name, rest) = characters.split_at(letters);
    let (date, homoclave) = rest.split_at(6);
    name.iter().all(|c| c.is_ascii_uppercase() || matches!(c, 'Ñ' | '&'))
        && is_real_date(date)
        && homoclave[..2].iter().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        && (homoclave[2].is_ascii_digit() || homoclave[2] == 'A')
}

/// The century is not written: 29 February is right when either century has it.
fn is_real_date(digits: &[char]) -> bool {
    let Some(digits) =
        digits.iter().map(|c| c.to_digit(10).and_then(|d| i8::try_from(d).ok())).collect::<Option<Vec<i8>>>()
    else {
        return false;
    };
    let pair = |at: usize| digits[at] * 10 + digits[at + 1];
    [1900, 2000].into_iter().any(|century| Date::new(century + i16::from(pair(0)), pair(2), pair(4)).is_ok())
}

impl FromStr for Rfc {
    type Err = InvalidRfc;

    fn from_str(text: &str) -> Result<Self, InvalidRfc> {
        let rfc: String =
            text.chars().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_uppercase).collect();
        if has_sat_shape(&rfc) { Ok(Self(rfc)) } else { Err(InvalidRfc) }
    }
}

impl fmt::Display for Rfc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Rfc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rfc(***)")
    }
}

impl TryFrom<String> for Rfc {
    type Error = InvalidRfc;

    fn try_from(text: String) -> Result<Self, InvalidRfc> {
        text.parse()
    }
}

impl From<Rfc> for String {
    fn from(rfc: Rfc) -> Self {
        rfc.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_rfcs_pass_shape_and_check_character() {
        let known = [
            "EKU9003173C9",
            "URE180429TM6",
            "H&E951128469",
            "OÑO120726RX3",
            "XIQB891116QE4",
            "IAÑL750210963",
            "COSC8001137NA",
            "SAT970701NN3",
        ];
        for text in known {
            assert!(text.parse::<Rfc>().unwrap().check_digit_fits(), "{text}");
        }
    }

    #[test]
    fn a_wrong_check_character_warns_and_does_not_refuse() {
        assert!(!"AAA010101AAA".parse::<Rfc>().unwrap().check_digit_fits());
    }

    #[test]
    fn typing_is_cleaned_before_it_is_judged() {
        assert_eq!(" eku-900317 3c9 ".parse::<Rfc>().unwrap().as_str(), "EKU9003173C9");
    }

    #[test]
    fn a_date_that_does_not_exist_is_refused() {
        for bad in ["EKU9013173C9", "EKU9002303C9", "EKU9900003C9", "PENDIENTE", "", "EKU9003173CB", "EKU90031Ñ3C9"] {
            assert!(bad.parse::<Rfc>().is_err(), "{bad}");
        }
        assert!("EKU0002293C9".parse::<Rfc>().is_ok(), "2000 had a 29 February");
    }

    #[test]
    fn length_tells_company_from_individual_and_the_generic_are_neither() {
        let persona = |text: &str| text.parse::<Rfc>().unwrap().persona();
        assert_eq!(persona("OÑO120726RX3"), Persona::Moral);
        assert_eq!(persona("XIQB891116QE4"), Persona::Fisica);
        assert_eq!(persona(Rfc::PUBLICO_EN_GENERAL), Persona::Generica);
        assert!(Rfc::EXTRANJERO.parse::<Rfc>().unwrap().check_digit_fits());
    }

    #[test]
    fn no_log_shows_an_rfc() {
        assert_eq!(format!("{:?}", "EKU9003173C9".parse::<Rfc>().unwrap()), "Rfc(***)");
    }
}
