//! What was changed in a text, word by word.

use similar::{ChangeTag, TextDiff};
use zuc_ipc::history::{Piece, PieceKind};

/// Texts of fewer words are read at a glance.
const SHORTEST: usize = 4;
/// And those of more are shown whole, before and after: what comparing costs grows with the words and with what differs.
const LONGEST: usize = 300;

/// Both texts as one: what stays, what went, what came. Nothing where they have no word in common, or are too short or too long.
pub(super) fn pieces(from: &str, to: &str) -> Vec<Piece> {
    let words = |text: &str| text.split_whitespace().count();
    if words(from) == 0 || words(to) == 0 || !(SHORTEST..=LONGEST).contains(&words(from).max(words(to))) {
        return Vec::new();
    }
    let mut pieces: Vec<Piece> = Vec::new();
    for change in TextDiff::from_words(from, to).iter_all_changes() {
        let kind = match change.tag() {
            ChangeTag::Equal => PieceKind::Same,
            ChangeTag::Delete => PieceKind::Out,
            ChangeTag::Insert => PieceKind::In,
        };
        match pieces.last_mut() {
            Some(last) if last.kind == kind => last.text.push_str(change.value()),
            _ => pieces.push(Piece { kind, text: change.value().to_owned() }),
        }
    }
    let is_kept = |piece: &Piece| piece.kind == PieceKind::Same && !piece.text.trim().is_empty();
    if pieces.iter().any(is_kept) { pieces } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `=` stays, `-` went, `+` came.
    fn told(from: &str, to: &str) -> String {
        let sign = |kind| match kind {
            PieceKind::Same => '=',
            PieceKind::Out => '-',
            PieceKind::In => '+',
        };
        let told: Vec<String> =
            pieces(from, to).iter().map(|piece| format!("{}[{}]", sign(piece.kind), piece.text)).collect();
        told.concat()
    }

    #[test]
    fn a_changed_word_stands_beside_the_one_it_was() {
        let (from, to) = ("Pide seis tableros IP65.", "Pide ocho tableros IP65.");
        assert_eq!(told(from, to), "=[Pide ]-[seis]+[ocho]=[ tableros IP65.]");
        assert_eq!(told("Decide el consejo hoy", "Decide el consejo"), "=[Decide el consejo]-[ hoy]");
    }

    #[test]
    fn both_texts_can_be_read_out_of_their_pieces() {
        let (from, to) = ("Quiere capacitación\npara tres turnos", "No quiere capacitación para dos  turnos");
        let pieces = pieces(from, to);
        let read = |without| {
            let kept = pieces.iter().filter(|piece| piece.kind != without);
            kept.map(|piece| piece.text.as_str()).collect::<String>()
        };
        assert_eq!((read(PieceKind::In), read(PieceKind::Out)), (from.to_owned(), to.to_owned()));
    }

    #[test]
    fn what_has_no_word_in_common_or_is_a_figure_or_a_book_is_not_taken_apart() {
        assert_eq!(told("uno dos tres cuatro", "five six seven eight"), "");
        assert_eq!(told("$1,290,000.00", "$1,385,000.00"), "");
        assert_eq!(told("", "uno dos tres cuatro"), "");
        let book = "palabra ".repeat(LONGEST + 1);
        assert_eq!(told(&book, &format!("{book} más")), "");
    }
}
