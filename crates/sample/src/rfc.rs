//! RFCs that nobody holds, with a right check digit or, where the truth says so, a wrong one.

use crate::dice::Dice;

/// The order the SAT counts letters in to make the check digit (Anexo I, algoritmo del dígito verificador).
const ORDER: &str = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ";
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNPQRSTUVWXYZ";
const HOMOCLAVE: &[u8] = b"123456789ABCDEFGHIJKLMNPQRSTUVWXYZ";

/// An RFC of a persona moral, in letters only.
pub(super) fn moral(dice: &mut Dice) -> String {
    let initials = dice.letters(LETTERS, 3);
    let date = format!("{:02}{:02}{:02}", dice.between(50, 99), dice.between(1, 12), dice.between(1, 28));
    let body = format!("{initials}{date}{}", dice.letters(HOMOCLAVE, 2));
    let digit = check_digit(&body);
    body + &digit.to_string()
}

/// An RFC of a persona moral, or in one of four cases of a persona física.
pub(super) fn draw(dice: &mut Dice) -> String {
    let letters = if dice.per_mille(250) { 4 } else { 3 };
    let mut initials = dice.letters(LETTERS, letters);
    if dice.per_mille(15) {
        initials.replace_range(1..2, if dice.per_mille(500) { "Ñ" } else { "&" });
    }
    let date = format!("{:02}{:02}{:02}", dice.between(50, 99), dice.between(1, 12), dice.between(1, 28));
    let body = format!("{initials}{date}{}", dice.letters(HOMOCLAVE, 2));
    let digit = check_digit(&body);
    body + &digit.to_string()
}

/// The same RFC with a check digit that is not right.
pub(super) fn with_wrong_digit(rfc: &str, dice: &mut Dice) -> String {
    let mut body = rfc.to_owned();
    let right = body.pop().unwrap_or('0');
    let others: Vec<char> = "0123456789A".chars().filter(|digit| *digit != right).collect();
    body.push(*dice.pick(&others));
    body
}

/// The check digit of the 11 or 12 characters before it.
fn check_digit(body: &str) -> char {
    let padded: Vec<char> = format!("{body:>12}").chars().collect();
    let sum: usize = padded
        .iter()
        .zip((2..=13).rev())
        .map(|(letter, weight)| ORDER.chars().position(|other| other == *letter).unwrap_or_default() * weight)
        .sum();
    match sum % 11 {
        0 => '0',
        1 => 'A',
        rest => char::from(b'0' + u8::try_from(11 - rest).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digit_of_known_rfcs_is_right() {
        // The SAT's test taxpayers.
        for rfc in ["EKU9003173C9", "URE180429TM6", "H&E951128469", "OÑO120726RX3", "XIQB891116QE4", "IAÑL750210963"]
        {
            let (body, digit) = rfc.split_at(rfc.len() - 1);
            assert_eq!(check_digit(body).to_string(), digit, "{rfc}");
        }
    }

    #[test]
    fn drawn_rfcs_have_the_right_digit_and_spoiled_ones_have_not() {
        let mut dice = Dice::new(7);
        for _ in 0..500 {
            let rfc = draw(&mut dice);
            assert!(matches!(rfc.chars().count(), 12 | 13), "{rfc}");
            let spoiled = with_wrong_digit(&rfc, &mut dice);
            for (text, right) in [(&rfc, true), (&spoiled, false)] {
                let (body, digit) = text.split_at(text.len() - 1);
                assert_eq!(check_digit(body).to_string() == digit, right, "{text}");
            }
        }
    }
}
