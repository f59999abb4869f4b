//! Inicio, by role.

mod finance;
mod manager;
mod rep;

use leptos::prelude::*;
use zuc_ipc::list;
use zuc_ipc::shared::Empty;

use self::finance::FinancePart;
use self::manager::ManagerPart;
use self::rep::RepPart;
use crate::backend::{Topics, use_query};
use crate::components::{Choice, Segments};
use crate::format;
use crate::labels;
use crate::loaded::loaded;
use crate::session::use_session;
use crate::shell::TopBar;
use crate::words::tr;

/// What the person's roles give; with several roles a switch chooses the part.
#[component]
pub(crate) fn HomePage() -> impl IntoView {
    let home = use_query::<list::HomeGet>(Topics::ALL, || Some(Empty {}));
    let session = use_session();
    let part = RwSignal::new(String::new());
    let parts = Memo::new(move |_| {
        home.value
            .get()
            .map(|home| {
                [
                    ("gerencia", home.manager.is_some()),
                    ("finanzas", home.finance.is_some()),
                    ("ventas", home.rep.is_some()),
                ]
                .into_iter()
                .filter(|(_, is_there)| *is_there)
                .map(|(key, _)| key)
                .collect::<Vec<_>>()
            })
            .unwrap_or_default()
    });
    let shown = Memo::new(move |_| {
        let parts = parts.get();
        let part = part.get();
        parts.iter().find(|key| **key == part).or(parts.first()).copied().unwrap_or_default()
    });
    let title = Signal::derive(move || {
        let name = session.get().and_then(|boot| boot.person.clone()).map(|person| person.name).unwrap_or_default();
        match name.split_whitespace().next() {
            Some(first) if shown.get() == "ventas" => tr!(home.hello, name = first),
            _ => tr!(home.title).to_owned(),
        }
    });
    let about = Signal::derive(format::today_in_words);
    view! {
        <TopBar title about>
            {move || (parts.get().len() > 1).then(|| view! {
                <Segments label=tr!(home.part) testid="home-part" value=Signal::derive(move || shown.get().to_owned())
                    choices=parts.get().iter().map(|key| Choice::new(*key, labels::role(key))).collect()
                    on_choose=Callback::new(move |key| part.set(key))/>
            })}
        </TopBar>
        {loaded(home, move |home| {
            let home = home.clone();
            move || match (shown.get(), home.rep.clone(), home.manager.clone(), home.finance.clone()) {
                ("ventas", Some(rep), _, _) => view! { <RepPart rep/> }.into_any(),
                ("gerencia", _, Some(manager), _) => view! { <ManagerPart manager/> }.into_any(),
                ("finanzas", _, _, Some(finance)) => view! { <FinancePart finance/> }.into_any(),
                _ => ().into_any(),
            }
        })}
    }
}
