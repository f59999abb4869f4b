//! `zuc conflicts` and `zuc history`.

use zuc_ipc::{
    Failure,
    conflict::{ConflictAsk, ConflictSettle, ConflictSide},
    history::{HistoryAsk, HistoryEdit, HistoryRestore, PieceKind},
};

use super::{OK, Place, with_office};
use crate::{
    Done,
    args::Conflicts,
    output::{self, Output},
};

pub(super) async fn conflicts(command: Conflicts, place: &Place, output: Output) -> Done {
    match command {
        Conflicts::List => {
            let rows = with_office(place, async |office| office.conflict_list().await).await?;
            output.show(&rows, |rows| {
                let line = |row: &zuc_ipc::conflict::ConflictRow| {
                    format!("{}  {}  {} · {} · {}", row.id, row.field, row.title, row.what, row.who)
                };
                rows.iter().map(line).collect::<Vec<_>>().join("\n")
            })?;
        }
        Conflicts::Kept => {
            let kept = with_office(place, async |office| office.conflict_kept().await).await?;
            output.show(&kept, |kept| {
                let mut lines = Vec::new();
                for one in kept {
                    lines.push(format!("{}  {}  {}  {}", one.at, one.kind, one.record, one.why));
                    lines.extend(one.said.iter().map(|said| format!("  {said}")));
                }
                lines.join("\n")
            })?;
        }
        Conflicts::Show { id, field } => {
            let ask = ConflictAsk { id, field };
            let view = with_office(place, async |office| office.conflict_get(ask).await).await?;
            output.show(&view, |view| {
                let mut lines = vec![view.question.clone(), view.story.clone()];
                lines.extend(view.sides.iter().map(|side| {
                    let seen = if side.shown { "*" } else { " " };
                    format!("{seen} {}  {}  {}  {}", side.side, side.who, side.at, side.text)
                }));
                lines.join("\n")
            })?;
        }
        Conflicts::Resolve { id, field, keep, both, value } => {
            let side = match &keep {
                Some(keep) => {
                    let ask = ConflictAsk { id: id.clone(), field: field.clone() };
                    let view = with_office(place, async |office| office.conflict_get(ask).await).await?;
                    let Some(side) = named(&view.sides, keep) else {
                        let why = format!("{keep} names none or several of {} sides", view.sides.len());
                        return Ok(output::refused(&Failure::new("conflict.which", why)));
                    };
                    side
                }
                None => String::new(),
            };
            let choice = match (&value, both) {
                (Some(_), _) => "other",
                (None, true) => "both",
                (None, false) => "side",
            };
            let word = ConflictSettle { id, field, choice: choice.to_owned(), side, value: value.unwrap_or_default() };
            let changes = with_office(place, async |office| office.conflict_settle(word).await).await?;
            output.show(&changes, |changes| changes.done.clone())?;
        }
    }
    Ok(OK)
}

/// The side that a word means: `mine`, `theirs`, or itself; `None` where that is none or several.
fn named(sides: &[ConflictSide], keep: &str) -> Option<String> {
    let mut meant = sides.iter().filter(|side| match keep {
        "mine" => side.mine,
        "theirs" => !side.mine,
        id => side.side == id,
    });
    let one = meant.next()?;
    meant.next().is_none().then(|| one.side.clone())
}

pub(super) async fn history(
    id: String,
    restore: Option<Vec<String>>,
    before: String,
    place: &Place,
    output: Output,
) -> Done {
    if let Some([change, field]) = restore.as_deref() {
        let changes = with_office(place, async |office| {
            let mut ask = HistoryAsk { id: id.clone(), before };
            // it may be an old one
            let seen = loop {
                let history = office.history_get(ask.clone()).await?;
                let edits = history.rows.iter().filter(|row| row.change == *change).flat_map(|row| &row.edits);
                let seen = edits.filter(|edit| edit.field == *field).map(|edit| edit.stands.clone()).next();
                let last = history.rows.last().filter(|_| history.more && seen.is_none());
                let Some(last) = last else { break seen };
                ask.before.clone_from(&last.change);
            };
            let (change, field, seen) = (change.clone(), field.clone(), seen.unwrap_or_default());
            office.history_restore(HistoryRestore { id, change, field, seen }).await
        })
        .await?;
        output.show(&changes, |changes| changes.done.clone())?;
        return Ok(OK);
    }
    let history = with_office(place, async |office| office.history_get(HistoryAsk { id, before }).await).await?;
    output.show(&history, |history| {
        let mut lines = Vec::new();
        for row in &history.rows {
            let offline = if row.offline { "  sin conexión" } else { "" };
            lines.push(format!("{}  {}  {}  {}{offline}", row.at, row.by, row.device, row.change));
            lines.extend(row.edits.iter().map(edited));
        }
        if let Some(last) = history.rows.last().filter(|_| history.more) {
            lines.push(format!("Hay cambios más antiguos: --before {}", last.change));
        }
        lines.join("\n")
    })?;
    Ok(OK)
}

/// A field and what became of it; of a text both as one, with marks around the words that went and that came.
fn edited(edit: &HistoryEdit) -> String {
    let mark = if edit.restorable { edit.field.as_str() } else { "" };
    if edit.pieces.is_empty() {
        return format!("  {}: {} → {}  {mark}", edit.label, edit.from, edit.to);
    }
    let piece = |piece: &zuc_ipc::history::Piece| match piece.kind {
        PieceKind::Same => piece.text.clone(),
        PieceKind::Out => format!("[-{}-]", piece.text),
        PieceKind::In => format!("[+{}+]", piece.text),
    };
    format!("  {}: {}  {mark}", edit.label, edit.pieces.iter().map(piece).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mine_and_theirs_mean_a_side_only_where_there_is_one() {
        let side = |id: &str, mine| ConflictSide { side: id.to_owned(), mine, ..ConflictSide::default() };
        let two = [side("a", true), side("b", false)];
        assert_eq!(named(&two, "mine").as_deref(), Some("a"));
        assert_eq!(named(&two, "theirs").as_deref(), Some("b"));
        assert_eq!(named(&two, "b").as_deref(), Some("b"));
        assert_eq!(named(&two, "c"), None);
        assert_eq!(named(&[side("a", true), side("b", false), side("c", false)], "theirs"), None);
    }
}
