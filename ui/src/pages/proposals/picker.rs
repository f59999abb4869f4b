//! The row that adds a line: a key or a few letters find the product.

use std::time::Duration;

use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;
use zuc_ipc::list;
use zuc_ipc::proposal::ProductRow;
use zuc_ipc::shared::Query as TextQuery;

use super::draft::Draft;
use super::lines::focus;
use crate::backend::{Topics, use_query};
use crate::components::{Anchor, Icon, window_size};
use crate::format;
use crate::words::tr;

/// Input and list of products.
#[component]
pub(crate) fn Picker(draft: Draft) -> impl IntoView {
    let text = RwSignal::new(String::new());
    let asked = RwSignal::new(None::<String>);
    let chosen = RwSignal::new(0_usize);
    let node = NodeRef::<html::Input>::new();
    let found = use_query::<list::ProductSearch>(Topics::PROPOSALS, move || {
        asked.get().map(|text| TextQuery { text, limit: 8 })
    });
    let typed = move |value: String| {
        text.set(value.clone());
        chosen.set(0);
        set_timeout(
            move || {
                if text.try_get_untracked().as_ref() == Some(&value) {
                    asked.set(Some(value.trim().to_owned()));
                }
            },
            Duration::from_millis(80),
        );
    };
    let products = Memo::new(move |_| {
        found.value.get().filter(|_| asked.get().is_some()).map(|rows| (*rows).clone()).unwrap_or_default()
    });
    let add = move |index: usize| {
        if let Some(product) = products.get_untracked().get(index) {
            draft.add_product(product);
            text.set(String::new());
            asked.set(None);
            // On to the quantity of the new line, once it is drawn.
            set_timeout(
                || focus("[data-testid=\"line\"]:nth-last-child(2) [data-testid=\"line-quantity\"]"),
                Duration::from_millis(30),
            );
        }
    };
    let pressed = move |event: KeyboardEvent| {
        let count = products.with_untracked(Vec::len).max(1);
        match event.key().as_str() {
            "ArrowDown" => chosen.update(|chosen| *chosen = (*chosen + 1) % count),
            "ArrowUp" if asked.get_untracked().is_some() => {
                chosen.update(|chosen| *chosen = (*chosen + count - 1) % count);
            }
            "Enter" => add(chosen.get_untracked()),
            "Escape" => {
                asked.set(None);
                text.set(String::new());
            }
            _ => return,
        }
        event.prevent_default();
        event.stop_propagation();
    };
    view! {
        <tr>
            <td class="t3" style="padding-right:0"><Icon name="plus" class="i-14"/></td>
            <td colspan="9" class="has-input" style="overflow:visible">
                <input node_ref=node class="lines-input" role="combobox" aria-expanded=move || asked.get().is_some().to_string() aria-label=tr!(lines.add) placeholder=tr!(lines.add_example)
                    autocomplete="off" spellcheck="false" prop:value=move || text.get() on:input=move |event| typed(event_target_value(&event)) on:keydown=pressed
                    on:focus=move |_| if asked.get_untracked().is_none() { asked.set(Some(text.get_untracked())) }
                    on:blur=move |_| set_timeout(move || if !has_focus(node) { asked.try_set(None); }, Duration::from_millis(150)) data-testid="line-add"/>
                {move || asked.get().is_some().then(|| options(products.get(), node, chosen, add))}
            </td>
        </tr>
    }
}

/// A click beside the input and back again leaves the list open.
fn has_focus(node: NodeRef<html::Input>) -> bool {
    let input = node.try_get_untracked().flatten();
    input.is_some_and(|input| document().active_element().is_some_and(|active| active == **input))
}

fn options(
    products: Vec<ProductRow>,
    node: NodeRef<html::Input>,
    chosen: RwSignal<usize>,
    add: impl Fn(usize) + Copy + 'static,
) -> impl IntoView {
    let place = node.get_untracked().map(|input| Anchor::below(&input, 560.0, 296.0));
    let style = place.map_or_else(String::new, |place| {
        let vertical = if place.above {
            format!("bottom:{:.0}px", window_size().1 - place.top)
        } else {
            format!("top:{:.0}px", place.top)
        };
        format!("left:{:.0}px;{vertical};width:560px", place.left)
    });
    let empty = products.is_empty();
    view! {
        <div class="pop pop--fixed picker" role="listbox" style=style data-testid="picker">
            {empty.then(|| view! { <div class="pal__g">{tr!(lines.no_product)}</div> })}
            {products.into_iter().enumerate().map(|(index, product)| {
                let is_on = move || chosen.get() == index;
                view! {
                    <div class=move || if is_on() { "opt is-on" } else { "opt" } style="margin:0 4px" role="option" aria-selected=move || is_on().to_string() data-testid=format!("picker-{index}")
                        on:mousedown=move |event| { event.prevent_default(); add(index); }>
                        <span class="tn t2" style="width:96px">{product.sku}</span><span class="m cut">{product.description}</span>
                        <span class="end tn">{format::money_text(&product.price.amount, &product.price.currency)}<span class="t3">" / "{product.unit}</span></span>
                    </div>
                }
            }).collect_view()}
        </div>
    }
}
