//! Yes and no as people write them.

/// `Sí`, `si`, `X`, `1`, `verdadero`, `yes`…; `Err` holds nothing but the fact that the cell says neither.
pub(super) fn parse(cell: &str) -> Result<bool, NotYesOrNo> {
    match cell.trim_matches(['.', ' ', '¡', '!']).to_lowercase().as_str() {
        "sí" | "si" | "s" | "sì" | "yes" | "y" | "true" | "t" | "1" | "x" | "✓" | "verdadero" | "v" | "on" => {
            Ok(true)
        }
        "" | "no" | "n" | "false" | "f" | "0" | "falso" | "off" | "-" => Ok(false),
        _ => Err(NotYesOrNo),
    }
}

/// A cell that says neither yes nor no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotYesOrNo;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no_in_every_spelling() {
        for cell in ["Sí", "si", "SI", "Yes", "1", "verdadero", "VERDADERO", "x", "TRUE"] {
            assert_eq!(parse(cell), Ok(true), "{cell}");
        }
        for cell in ["", "No", "NO", "0", "falso", "FALSE"] {
            assert_eq!(parse(cell), Ok(false), "{cell}");
        }
        assert_eq!(parse("tal vez"), Err(NotYesOrNo));
    }
}
