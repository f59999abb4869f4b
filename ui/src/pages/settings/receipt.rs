//! Checking the receipt of an erasure that somebody brings back.

use leptos::prelude::*;
use zuc_ipc::list;
use zuc_ipc::privacy::ReceiptView;
use zuc_ipc::shared::Query;

use crate::action::Action;
use crate::components::{FormFailure, Icon, SectionHead};
use crate::format;
use crate::words::tr;

/// Chooses a file and says what it is.
#[component]
pub(super) fn ReceiptPart() -> impl IntoView {
    let look = Action::new();
    let found = RwSignal::new(None::<ReceiptView>);
    let choose = move |_| {
        found.set(None);
        let kind = Query { text: "json".to_owned(), limit: 0 };
        look.run::<list::PickFile>(kind, move |path| {
            let Some(text) = path else { return };
            look.run::<list::ReceiptLook>(Query { text, limit: 0 }, move |receipt| {
                found.try_set(Some(receipt));
            });
        });
    };
    view! {
        <section class="sec col gap-3">
            <SectionHead title=tr!(receipt.title)/>
            <p class="t2">{tr!(receipt.about)}</p>
            <div class="row"><button class="btn" on:click=choose disabled=move || look.busy.get() data-testid="receipt-check"><Icon name="receipt"/>{tr!(receipt.check)}</button></div>
            {move || found.get().map(|receipt| shown(&receipt))}
            <FormFailure failure=look.failure/>
        </section>
    }
}

fn shown(receipt: &ReceiptView) -> impl IntoView + use<> {
    let told = tr!(
        receipt.told,
        confirmed = format::count(receipt.confirmed),
        all = format::count(receipt.confirmed + receipt.waiting)
    );
    let by = if receipt.by.is_empty() { tr!(history.somebody).to_owned() } else { receipt.by.clone() };
    view! {
        <div class="col gap-2" role="status" data-testid="receipt-good">
            <p class="row"><Icon name="check" class="success"/><span class="m">{tr!(receipt.good)}</span></p>
            <dl class="dl dl--left" style="grid-template-columns:220px 1fr">
                <dt>{tr!(receipt.company)}</dt><dd>{receipt.company.clone()}</dd>
                <dt>{tr!(receipt.by)}</dt><dd>{by}</dd>
                <dt>{tr!(person.erased_at)}</dt><dd class="tn">{format::instant(&receipt.at)}</dd>
                <dt>{tr!(receipt.issued_at)}</dt><dd class="tn">{format::instant(&receipt.issued_at)}</dd>
                <dt>{tr!(person.keys)}</dt><dd class="tn">{format::count(receipt.keys)}</dd>
                <dt>{tr!(receipt.devices)}</dt><dd>{told}</dd>
            </dl>
        </div>
    }
}
