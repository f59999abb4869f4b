//! Legal names as the SAT registers them: upper case, single blanks, no company type.
//!
//! Source: cfdi guide 7 (CFDI40139 and CFDI40145 are the commonest refusals).

/// Company types, longest first, each as the words it is written with once points are gone.
const COMPANY_TYPES: [&[&str]; 20] = [
    &["S", "DE", "R", "L", "DE", "C", "V"],
    &["S", "A", "P", "I", "DE", "C", "V"],
    &["SAPI", "DE", "C", "V"],
    &["S", "A", "B", "DE", "C", "V"],
    &["SAB", "DE", "C", "V"],
    &["S", "DE", "R", "L", "MI"],
    &["S", "A", "DE", "C", "V"],
    &["SA", "DE", "C", "V"],
    &["SRL", "DE", "C", "V"],
    &["S", "DE", "RL", "DE", "CV"],
    &["SAPI", "DE", "CV"],
    &["SAB", "DE", "CV"],
    &["SA", "DE", "CV"],
    &["SRL", "DE", "CV"],
    &["S", "DE", "R", "L"],
    &["S", "DE", "RL"],
    &["S", "A", "S"],
    &["SAS"],
    &["SC"],
    &["AC"],
];

/// Two-word forms of short types, told apart from initials by their points.
const DOTTED: [&str; 4] = ["S.C.", "A.C.", "S. C.", "A. C."];

fn tidy(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase()
}

/// Where the company type begins in a tidied name.
fn company_type_at(name: &str) -> Option<usize> {
    for dotted in DOTTED {
        if let Some(rest) = name.strip_suffix(dotted).filter(|rest| rest.ends_with([' ', ','])) {
            return Some(rest.len());
        }
    }
    // Words without points or commas, with where each begins.
    let mut words: Vec<(usize, &str)> = Vec::new();
    let mut start = None;
    for (at, character) in name.char_indices() {
        match (character, start) {
            (' ' | ',' | '.', Some(from)) => {
                words.push((from, name.get(from..at)?));
                start = None;
            }
            (' ' | ',' | '.', None) | (_, Some(_)) => {}
            (_, None) => start = Some(at),
        }
    }
    if let Some(from) = start {
        words.push((from, name.get(from..)?));
    }
    COMPANY_TYPES.iter().find_map(|company_type| {
        // A name is more than its type.
        let at = words.len().checked_sub(company_type.len()).filter(|at| *at > 0)?;
        let tail = words.get(at..)?;
        tail.iter()
            .map(|(_, word)| *word)
            .eq(company_type.iter().copied())
            .then(|| tail.first().map(|(from, _)| *from))?
    })
}

/// Whether a name ends in a company type (`S.A. DE C.V.`, `S DE RL`, `SC`…).
pub fn has_company_type(name: &str) -> bool {
    company_type_at(&tidy(name)).is_some()
}

/// The name as the SAT registers it; show it beside what was typed, for the taxpayer's own papers decide.
pub fn clean(name: &str) -> String {
    let name = tidy(name);
    match company_type_at(&name) {
        Some(at) => name.get(..at).unwrap_or_default().trim_end_matches([' ', ',']).to_owned(),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn company_types_go_whatever_their_points() {
        for (typed, registered) in [
            ("Escuela Kemper Urgate, S.A. de C.V.", "ESCUELA KEMPER URGATE"),
            ("PASE,  SERVICIOS ELECTRONICOS SA DE CV", "PASE, SERVICIOS ELECTRONICOS"),
            ("Kernel S. de R.L. de C.V.", "KERNEL"),
            ("Kernel S de RL", "KERNEL"),
            ("Nube S.A.P.I. de C.V.", "NUBE"),
            ("Nube SAPI DE CV", "NUBE"),
            ("Despacho Ñandú, S.C.", "DESPACHO ÑANDÚ"),
            ("Fundación Sol A.C.", "FUNDACIÓN SOL"),
            ("Rápido SAS", "RÁPIDO"),
            ("HERRERIA & ELECTRICOS S.A. DE C.V.", "HERRERIA & ELECTRICOS"),
        ] {
            assert_eq!(clean(typed), registered, "{typed}");
            assert!(has_company_type(typed), "{typed}");
        }
    }

    #[test]
    fn names_that_only_look_like_one_stay() {
        for name in
            ["BERENICE XIMO QUEZADA", "SAS", "SA DE CV", "CASA DE CV PEREZ", "MARISC", "UNIVERSIDAD ROBOTICA ESPAÑOLA"]
        {
            assert_eq!(clean(name), name);
            assert!(!has_company_type(name), "{name}");
        }
    }
}
