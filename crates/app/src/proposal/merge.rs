//! What a person changed in a form, put on what stands by now: three ways, field by field and line by line.

use zuc_domain::shared::DecimalStyle;
use zuc_ipc::{
    proposal::{LineEdit, ProposalEdit},
    words,
};

use crate::AppError;

/// The form with everything that came since it was read, where the person left it alone. Lines have their ids.
///
/// # Errors
/// `app.stale` where both changed the same to different things, unless the person insists: it says the first place, and
/// what stands there and in the others now.
pub(super) fn merge(base: &ProposalEdit, mine: &ProposalEdit, now: &ProposalEdit) -> Result<ProposalEdit, AppError> {
    let mut both = Both::default();
    let merged = ProposalEdit {
        id: mine.id.clone(),
        title: both.text("title", [&base.title, &mine.title, &now.title]),
        lines: both.lines(&base.lines, &mine.lines, &now.lines),
        discount_pct: both.number("discount_pct", [&base.discount_pct, &mine.discount_pct, &now.discount_pct]),
        valid_until: both.text("valid_until", [&base.valid_until, &mine.valid_until, &now.valid_until]),
        terms_days: both.number("terms_days", [&base.terms_days, &mine.terms_days, &now.terms_days]),
        notes: both.text("notes", [&base.notes, &mine.notes, &now.notes]),
        base: None,
        insist: mine.insist,
    };
    match both.changed.first() {
        Some((place, _)) if !mine.insist => Err(AppError {
            hint: both.told(),
            ..AppError::new("app.stale", "the proposal changed since it was shown").at(place)
        }),
        _ => Ok(merged),
    }
}

/// Where both changed the same to different things, and what stands there now.
#[derive(Default)]
struct Both {
    changed: Vec<(String, String)>,
}

impl Both {
    /// What stands now wherever both changed it; nothing of a line that was taken out.
    fn told(&self) -> Option<String> {
        let texts = self.changed.iter().filter(|(_, now)| !now.trim().is_empty());
        let told: Vec<String> = texts.map(|(_, now)| words::fill("app.now_says", &[("text", now)])).collect();
        (!told.is_empty()).then(|| told.join(" "))
    }

    /// What holds of a field of base, mine and now; mine where both changed it.
    fn pick(&mut self, place: &str, [base, mine, now]: [&str; 3], is_same: fn(&str, &str) -> bool) -> String {
        if is_same(mine, base) {
            return now.to_owned();
        }
        if !is_same(now, base) && !is_same(now, mine) {
            self.changed.push((place.to_owned(), now.to_owned()));
        }
        mine.to_owned()
    }

    fn text(&mut self, place: &str, texts: [&str; 3]) -> String {
        self.pick(place, texts, |left, right| left.trim() == right.trim())
    }

    fn number(&mut self, place: &str, texts: [&str; 3]) -> String {
        self.pick(place, texts, is_same_number)
    }

    fn lines(&mut self, base: &[LineEdit], mine: &[LineEdit], now: &[LineEdit]) -> Vec<LineEdit> {
        let mut here = Vec::with_capacity(mine.len());
        for (at, line) in mine.iter().enumerate() {
            match (find(base, &line.id), find(now, &line.id)) {
                (Some(was), Some(is)) => here.push(self.line(&format!("lines.{at}."), [was, line, is])),
                // taken out meanwhile: so it stays where the person left it alone
                (Some(was), None) if is_untouched(was, line) => {}
                (Some(_), None) => {
                    self.changed.push((format!("lines.{at}.description"), String::new()));
                    here.push(line.clone());
                }
                (None, _) => here.push(line.clone()),
            }
        }
        for was in base.iter().filter(|was| find(mine, &was.id).is_none()) {
            // the person took it out, and somebody else changed it
            if let Some(is) = find(now, &was.id).filter(|is| !is_untouched(was, is)) {
                self.changed.push(("lines".to_owned(), is.description.clone()));
            }
        }
        let stays = |line: &&LineEdit| find(base, &line.id).is_none() || find(&here, &line.id).is_some();
        let there: Vec<LineEdit> =
            now.iter().filter(stays).map(|line| find(&here, &line.id).unwrap_or(line).clone()).collect();
        // one order holds, the person's where they moved a line; what only the other has goes after the line it follows
        let (order, other) = if is_moved(base, mine) { (here, there) } else { (there, here) };
        woven(order, other)
    }

    fn line(&mut self, place: &str, [base, mine, now]: [&LineEdit; 3]) -> LineEdit {
        let product = |line: &LineEdit| line.product_id.clone().unwrap_or_default();
        let product = self.text(&format!("{place}product_id"), [&product(base), &product(mine), &product(now)]);
        macro_rules! each {
            ($way:ident, $field:ident) => {
                self.$way(&format!("{place}{}", stringify!($field)), [&base.$field, &mine.$field, &now.$field])
            };
        }
        LineEdit {
            id: mine.id.clone(),
            product_id: Some(product).filter(|id| !id.is_empty()),
            sku: each!(text, sku),
            description: each!(text, description),
            quantity: each!(number, quantity),
            unit: each!(text, unit),
            unit_price: each!(number, unit_price),
            discount_pct: each!(number, discount_pct),
            tax: each!(text, tax),
            recurrence: each!(text, recurrence),
            clave_prod_serv: each!(text, clave_prod_serv),
            clave_unidad: each!(text, clave_unidad),
        }
    }
}

/// `5` and `5.00 %` are one number.
fn is_same_number(left: &str, right: &str) -> bool {
    let read = |text: &str| {
        let text = text.trim().trim_end_matches('%');
        DecimalStyle::detect([text]).parse(text).ok()
    };
    left.trim() == right.trim() || read(left).is_some_and(|left| read(right) == Some(left))
}

fn find<'l>(lines: &'l [LineEdit], id: &str) -> Option<&'l LineEdit> {
    lines.iter().find(|line| line.id == id)
}

fn is_moved(base: &[LineEdit], mine: &[LineEdit]) -> bool {
    let known = mine.iter().filter(|line| find(base, &line.id).is_some());
    let stayed = base.iter().filter(|line| find(mine, &line.id).is_some());
    !known.map(|line| &line.id).eq(stayed.map(|line| &line.id))
}

/// The lines of `order`, and those that only `other` has each after the line it follows there.
fn woven(mut order: Vec<LineEdit>, other: Vec<LineEdit>) -> Vec<LineEdit> {
    let mut after = 0;
    for line in other {
        if let Some(at) = order.iter().position(|known| known.id == line.id) {
            after = at + 1;
        } else {
            order.insert(after, line);
            after += 1;
        }
    }
    order
}

fn is_untouched(was: &LineEdit, is: &LineEdit) -> bool {
    Both::default().line("", [was, is, was]) == *was
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, quantity: &str) -> LineEdit {
        LineEdit {
            id: id.to_owned(),
            quantity: quantity.to_owned(),
            product_id: Some("p".into()),
            ..LineEdit::default()
        }
    }

    /// Lines by `id quantity`, with commas.
    fn form(lines: &str) -> ProposalEdit {
        let lines = lines.split(',').filter(|line| !line.trim().is_empty());
        let lines = lines.map(|text| text.rsplit_once(' ').map(|(id, quantity)| line(id.trim(), quantity)).unwrap());
        ProposalEdit {
            title: "Equipo".into(),
            lines: lines.collect(),
            discount_pct: "0".into(),
            ..ProposalEdit::default()
        }
    }

    fn merge_lines(base: &str, mine: &str, now: &str) -> Result<String, String> {
        let merged = merge(&form(base), &form(mine), &form(now));
        let text = |line: &LineEdit| format!("{} {}", line.id, line.quantity);
        merged
            .map(|form| form.lines.iter().map(text).collect::<Vec<_>>().join(","))
            .map_err(|error| error.field.unwrap())
    }

    #[test]
    fn each_line_keeps_what_either_changed() {
        for (base, mine, now, both) in [
            ("a 1,b 1", "a 2,b 1", "a 1,b 3", "a 2,b 3"),
            ("a 1.00", "a 1", "a 2", "a 2"),
            // added by either, in their places
            ("a 1,b 1", "a 1,n 5,b 1", "a 1,b 1,c 7", "a 1,n 5,b 1,c 7"),
            ("a 1", "a 1,n 5", "x 2,a 1,c 7", "x 2,a 1,n 5,c 7"),
            // taken out by either
            ("a 1,b 1,c 1", "a 1,c 1", "a 1,b 1", "a 1"),
            // moved by either
            ("a 1,b 1,c 1", "c 1,a 1,b 1", "a 1,b 2,d 4,c 1", "c 1,a 1,b 2,d 4"),
            ("a 1,b 1,c 1", "a 2,b 1,c 1", "c 1,b 1,a 1", "c 1,b 1,a 2"),
            // known by a save before this one
            ("", "a 1", "a 1", "a 1"),
        ] {
            assert_eq!(merge_lines(base, mine, now).as_deref(), Ok(both), "{base} · {mine} · {now}");
        }
    }

    #[test]
    fn what_both_changed_to_different_things_is_said_and_not_decided() {
        for (base, mine, now, place) in [
            ("a 1,b 1", "a 1,b 2", "a 1,b 3", "lines.1.quantity"),
            ("a 1,b 1", "a 1", "a 1,b 3", "lines"),
            ("a 1,b 1", "a 1,b 2", "a 1", "lines.1.description"),
        ] {
            assert_eq!(merge_lines(base, mine, now).unwrap_err(), place, "{base} · {mine} · {now}");
        }
        let all = merge(&form("a 1,b 1,c 1"), &form("a 2,b 2,c 1"), &form("a 3,b 4,c 5")).unwrap_err();
        assert_eq!(all.hint.as_deref(), Some("Ahora dice «3». Ahora dice «4»."), "all that is not what the person saw");
        assert_eq!(merge_lines("a 1", "a 2", "a 2.0").as_deref(), Ok("a 2"), "the same is no matter of two");
    }

    #[test]
    fn the_terms_merge_alike() {
        let (base, mut mine, mut now) = (form("a 1"), form("a 1"), form("a 1"));
        mine.notes = "Entrega en planta".into();
        now.title = "Equipo de bombeo".into();
        now.discount_pct = "5".into();
        let merged = merge(&base, &mine, &now).unwrap();
        assert_eq!(
            (&*merged.title, &*merged.notes, &*merged.discount_pct),
            ("Equipo de bombeo", "Entrega en planta", "5")
        );
        mine.title = "Bombas".into();
        let refusal = merge(&base, &mine, &now).unwrap_err();
        assert_eq!((&*refusal.code, refusal.field.as_deref()), ("app.stale", Some("title")));
        assert_eq!(refusal.hint.as_deref(), Some("Ahora dice «Equipo de bombeo»."));
        // who knows, and saves again, is obeyed; the rest merges all the same
        mine.insist = true;
        let merged = merge(&base, &mine, &now).unwrap();
        assert_eq!((&*merged.title, &*merged.discount_pct), ("Bombas", "5"));
    }
}
