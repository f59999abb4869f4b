//! What was recognised: each column of the file and the field it goes to.

use leptos::prelude::*;
use zuc_ipc::import::ImportPreview;

use super::Wizard;
use super::words::{encoding, field_choices, separator};
use crate::components::{Choice, Icon, SectionHead};
use crate::words::tr;

/// The left side of the dry run.
#[component]
pub(crate) fn Columns(wizard: Wizard) -> impl IntoView {
    move || {
        wizard.preview.get().map(|preview| {
        let format = &preview.format;
        let known = format.headers.iter().filter(|header| format.mapping.get(*header).is_some_and(|field| !field.is_empty())).count();
        let how = format!("{}{}", encoding(&format.encoding), separator(&format.delimiter));
        let about = tr!(import.recognised, known = known, all = format.headers.len());
        let choices = field_choices();
        let rows = format.headers.iter().map(|header| column(wizard, &preview, header, &choices)).collect_view();
        view! {
            <section class="pane pane--left" style="width:480px">
                <div style="padding:10px 20px 0"><SectionHead title=tr!(import.columns) about end=view! { <span class="s12 t3 tn" data-testid="import-format">{how}</span> }.into_any()/></div>
                <table class="tbl" style="border-top:1px solid var(--line)">
                    <colgroup><col/><col style="width:114px"/><col style="width:20px"/><col style="width:146px"/><col style="width:38px"/></colgroup>
                    <thead><tr><th>{tr!(import.in_file)}</th><th>{tr!(import.first_value)}</th><th></th><th>{tr!(import.in_product)}</th><th></th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </section>
        }
    })
    }
}

fn column(wizard: Wizard, preview: &ImportPreview, header: &str, choices: &[Choice]) -> impl IntoView + use<> {
    let field = preview.format.mapping.get(header).cloned().unwrap_or_default();
    let sample = preview
        .format
        .samples
        .get(header)
        .and_then(|samples| samples.iter().find(|sample| !sample.is_empty()))
        .cloned();
    let changed = wizard.mapping.with_untracked(|mapping| mapping.contains_key(header));
    let name = header.to_owned();
    let options = choices
        .iter()
        .map(|choice| {
            let is_on = choice.value == field;
            view! { <option value=choice.value.clone() selected=is_on>{choice.label.clone()}</option> }
        })
        .collect_view();
    let mapped = !field.is_empty();
    let choose = move |event| {
        wizard.mapping.update(|mapping| {
            mapping.insert(name.clone(), event_target_value(&event));
        });
        wizard.start();
    };
    view! {
        <tr>
            <td class="m" title=header.to_owned()>{header.to_owned()}</td>
            <td class="t3">{sample.unwrap_or_else(|| "—".to_owned())}</td>
            <td style="padding:0"><Icon name="arrow" class="i-14 t3"/></td>
            <td style="overflow:visible">
                <span class="selectbox"><select class="in" style="height:26px" aria-label=tr!(import.field_of, header = header)
                    disabled=move || wizard.look.busy.get() || wizard.commit.busy.get() on:change=choose data-testid="import-field" data-header=header.to_owned()>{options}</select><Icon name="down" class="i-12"/></span>
            </td>
            <td style="text-overflow:clip;padding-right:0">
                {if changed { view! { <span class="link"><Icon name="pen" class="i-14"/></span> }.into_any() }
                 else if mapped { view! { <span class="t3"><Icon name="check" class="i-14"/></span> }.into_any() } else { ().into_any() }}
            </td>
        </tr>
    }
}
