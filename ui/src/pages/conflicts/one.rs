//! One conflict: who did what, the sides beside each other, and a person's word.

use leptos::prelude::*;
use zuc_ipc::conflict::{ConflictAsk, ConflictSettle, ConflictSide, ConflictView};
use zuc_ipc::list;

use crate::action::Action;
use crate::backend::{Topics, use_query};
use crate::components::{FormFailure, Kbd, TextField};
use crate::format;
use crate::keys::{Deed, use_deeds};
use crate::loaded::loaded;
use crate::route;
use crate::words::tr;

/// What a person is about to say.
#[derive(Clone, PartialEq, Eq)]
enum Word {
    /// This side holds.
    Side(String),
    /// This one does, and the other gets a record of its own.
    Both(String),
    /// Neither does.
    Other,
}

/// The conflict that is open.
#[component]
pub(super) fn One(open: Memo<Option<ConflictAsk>>) -> impl IntoView {
    let view = use_query::<list::ConflictGet>(Topics::ALL, move || open.get());
    let word = RwSignal::new(None::<Word>);
    let value = RwSignal::new(String::new());
    let settle = Action::new();
    Effect::new(move |_| {
        open.track();
        word.set(None);
        value.set(String::new());
        settle.failure.set(None);
    });
    let say = Callback::new(move |()| {
        let (Some(ask), Some(word)) = (open.get_untracked(), word.get_untracked()) else { return };
        let (choice, side) = match word {
            Word::Side(side) => ("side", side),
            Word::Both(side) => ("both", side),
            Word::Other => ("other", String::new()),
        };
        let word = ConflictSettle {
            id: ask.id,
            field: ask.field,
            choice: choice.to_owned(),
            side,
            value: value.get_untracked(),
        };
        settle.run::<list::ConflictDecide>(word, |_| ());
    });
    let choose = move |nth: usize| {
        if let Some(view) = view.value.get_untracked()
            && let Some(chosen) = words(&view).get(nth)
        {
            word.set(Some(chosen.clone()));
        }
    };
    let deed = |id, nth: usize, keys| Deed {
        id,
        title: tr!(conflicts.choose, number = nth + 1),
        icon: "check",
        keys,
        run: Callback::new(move |()| choose(nth)),
    };
    use_deeds(vec![
        deed("conflict.1", 0, &["1"]),
        deed("conflict.2", 1, &["2"]),
        deed("conflict.3", 2, &["3"]),
        deed("conflict.4", 3, &["4"]),
        Deed {
            id: "conflict.settle",
            title: tr!(conflicts.keep).to_owned(),
            icon: "check",
            keys: &["ctrl+enter"],
            run: say,
        },
    ]);
    loaded(view, move |view| inside(&view, word, value, settle, say))
}

/// What may be said, in the order of the keys.
fn words(view: &ConflictView) -> Vec<Word> {
    if !view.may {
        return Vec::new();
    }
    let mut words: Vec<Word> =
        view.sides.iter().filter(|side| side.may).map(|side| Word::Side(side.side.clone())).collect();
    // the others' stays where it is, and one's own begins anew
    if let Some(kept) = view.sides.iter().find(|side| !side.mine).filter(|_| view.both) {
        words.push(Word::Both(kept.side.clone()));
    }
    if view.other.is_some() {
        words.push(Word::Other);
    }
    words
}

fn inside(
    view: &ConflictView,
    word: RwSignal<Option<Word>>,
    value: RwSignal<String>,
    settle: Action,
    say: Callback<()>,
) -> impl IntoView + use<> {
    let offered = words(view);
    let key_of = |wanted: &Word| offered.iter().position(|word| word == wanted).map(|nth| nth + 1);
    let sides: Vec<_> = view
        .sides
        .iter()
        .map(|side| {
            let own = Word::Side(side.side.clone());
            side_card(side, key_of(&own), word, own)
        })
        .collect();
    let more: Vec<_> = offered
        .iter()
        .filter(|word| !matches!(word, Word::Side(_)))
        .map(|own| {
            let (title, about) = match own {
                Word::Both(_) => (tr!(conflicts.both), tr!(conflicts.both_about)),
                _ => (tr!(conflicts.other), tr!(conflicts.other_about)),
            };
            let inside = view! { <span class="m">{title}</span><span class="s12 t2">{about}</span> }.into_any();
            card(
                inside,
                key_of(own),
                word,
                own.clone(),
                if *own == Word::Other { "conflict-other" } else { "conflict-both" },
            )
        })
        .collect();
    let shown = view.sides.iter().find(|side| side.shown).map(|side| side.text.clone()).unwrap_or_default();
    let is_other = Memo::new(move |_| word.get() == Some(Word::Other));
    let label = view.other.clone().unwrap_or_default();
    let page = route::hit(&view.page.0, &view.page.1);
    view! {
        <section class="sec" style="max-width:860px" data-testid="conflict">
            <h2 style="font:var(--text-16);font-weight:600" data-testid="conflict-question">{view.question.clone()}</h2>
            <p class="t2" style="margin-top:6px" data-testid="conflict-story">{view.story.clone()}</p>
            <div role="radiogroup" aria-label=view.question.clone() style="display:grid;grid-template-columns:1fr 1fr;gap:12px;margin-top:20px">{sides}{more}</div>
            {move || is_other.get().then(|| view! {
                <div style="margin-top:16px;max-width:280px"><TextField label=label.clone() value error=settle.field("value") testid="conflict-value"/></div>
            })}
            <FormFailure failure=settle.elsewhere(&["value"])/>
            {if view.may {
                view! {
                    <div class="row" style="margin-top:20px">
                        <button class="btn btn--primary" on:click=move |_| say.run(()) disabled=move || word.get().is_none() || settle.busy.get() data-testid="conflict-settle">
                            {tr!(conflicts.keep)}<Kbd key="Ctrl"/><Kbd key="Enter"/></button>
                        <a class="btn btn--ghost" href=page data-testid="conflict-open">{tr!(conflicts.open)}</a>
                    </div>
                }.into_any()
            } else {
                view! {
                    <p class="note" style="margin-top:20px" data-testid="conflict-others">{tr!(conflicts.others)}</p>
                    <a class="btn btn--ghost" style="margin-top:8px" href=page data-testid="conflict-open">{tr!(conflicts.open)}</a>
                }.into_any()
            }}
            <p class="s12 t3" style="margin-top:16px">{tr!(conflicts.meanwhile, text = shown)}</p>
        </section>
    }
}

fn side_card(side: &ConflictSide, key: Option<usize>, word: RwSignal<Option<Word>>, own: Word) -> AnyView {
    let title = if side.mine { tr!(conflicts.mine).to_owned() } else { tr!(conflicts.of, name = side.who) };
    let note =
        (!side.note.is_empty()).then(|| view! { <span class="s12 t2">{tr!(conflicts.note, text = side.note)}</span> });
    let inside = view! {
        <span class="row"><span class="m">{title}</span>{side.mine.then(|| view! { <span class="t3 s12">{side.who.clone()}</span> })}</span>
        <span class="tn" style="font:var(--text-20);font-weight:600;margin-top:2px;overflow-wrap:anywhere" data-testid="conflict-text">{side.text.clone()}</span>
        <span class="s12 t2 tn">{format::instant(&side.at)}</span>
        {note}
        {(!side.may).then(|| view! { <span class="s12 t3">{tr!(conflicts.no_way)}</span> })}
    };
    card(inside.into_any(), key, word, own, if side.mine { "conflict-mine" } else { "conflict-theirs" })
}

/// One of the choices; without a key, it cannot be chosen.
fn card(inside: AnyView, key: Option<usize>, word: RwSignal<Option<Word>>, own: Word, testid: &'static str) -> AnyView {
    let sent = own.clone();
    let is_on = Memo::new(move |_| word.with(|word| word.as_ref() == Some(&own)));
    view! {
        <button type="button" role="radio" class=move || if is_on.get() { "choice is-on" } else { "choice" } style="text-align:left;margin:0"
            aria-checked=move || is_on.get().to_string() disabled=key.is_none() on:click=move |_| word.set(Some(sent.clone())) data-testid=testid>
            <span class=move || if is_on.get() { "radio is-on" } else { "radio" }></span>
            <span class="col grow" style="min-width:0">{inside}</span>
            {key.map(|key| view! { <Kbd key=key.to_string()/> })}
        </button>
    }
    .into_any()
}
