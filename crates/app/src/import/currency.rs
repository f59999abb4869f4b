//! The currency that an amount's own cell names.

use zuc_domain::shared::Currency;

const WORDS: [(&str, Currency); 9] = [
    ("DÓLARES", Currency::Usd),
    ("DOLARES", Currency::Usd),
    ("DLLS", Currency::Usd),
    ("DLS", Currency::Usd),
    ("US$", Currency::Usd),
    ("PESOS", Currency::Mxn),
    ("MX$", Currency::Mxn),
    ("M.N.", Currency::Mxn),
    ("MN", Currency::Mxn),
];

/// The currency a cell names, if any, and the cell without that word. A lone `$` names none in Mexico.
pub(crate) fn split(cell: &str) -> (Option<Currency>, String) {
    let upper = cell.to_uppercase();
    for (word, currency) in Currency::ALL.into_iter().map(|currency| (currency.code(), currency)).chain(WORDS) {
        if upper.contains(word) {
            return (Some(currency), upper.replace(word, "").trim().to_owned());
        }
    }
    let signs = [('€', Currency::Eur), ('£', Currency::Gbp)];
    (signs.into_iter().find(|(sign, _)| upper.contains(*sign)).map(|(_, currency)| currency), upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cell_names_its_currency() {
        assert_eq!(split("USD 500"), (Some(Currency::Usd), "500".to_owned()));
        assert_eq!(split("500 dólares"), (Some(Currency::Usd), "500".to_owned()));
        assert_eq!(split("$500 M.N."), (Some(Currency::Mxn), "$500".to_owned()));
        assert_eq!(split("500 €"), (Some(Currency::Eur), "500 €".to_owned()));
        assert_eq!(split("£500"), (Some(Currency::Gbp), "£500".to_owned()));
        assert_eq!(split("$500"), (None, "$500".to_owned()));
    }
}
