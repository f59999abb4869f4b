//! Backups: when the last was made, which there are, a new one now, a trial of the newest, one taken back.

use leptos::prelude::*;
use zuc_ipc::backup::{BackupProgress, BackupRow, BackupTo, BackupView};
use zuc_ipc::list;
use zuc_ipc::shared::{Empty as Nothing, Query as TextQuery};

use super::restore::{RestoreDialog, Restoring};
use crate::action::Action;
use crate::backend::{Topics, listen, use_query};
use crate::components::{Badge, EmptyLine, FormFailure, Icon, Progress, SectionHead, Tone, use_toaster};
use crate::format;
use crate::loaded::loaded;
use crate::pages::settings::space::SpaceSection;
use crate::words::tr;

/// The list, the folder, and what can be done.
#[component]
pub(crate) fn BackupPart() -> impl IntoView {
    let view = use_query::<list::BackupGet>(Topics::SETTINGS, || Some(Nothing {}));
    let (make, trial, folder) = (Action::new(), Action::new(), Action::new());
    let toaster = use_toaster();
    let busy = move || make.busy.get() || trial.busy.get() || folder.busy.get();
    let do_make = move |_| {
        make.run::<list::BackupMake>(BackupTo::default(), move |_| {
            toaster.say(tr!(backup.done));
            view.reload();
        });
    };
    let result = RwSignal::new(None::<(bool, String)>);
    let do_trial = move |_| {
        result.set(None);
        trial.run::<list::BackupTry>(Nothing {}, move |tried| {
            result.try_set(Some((tried.good, tried.text)));
            view.reload();
        });
    };
    let (restoring, pick) = (Restoring::new(), Action::new());
    let do_pick = move |_| {
        pick.run::<list::PickFile>(TextQuery { text: "zuc".to_owned(), limit: 1 }, move |chosen| {
            if let Some(path) = chosen {
                restoring.ask(BackupRow { path, ..BackupRow::default() });
            }
        });
    };
    let do_folder = move |_| folder.run::<list::BackupFolder>(Nothing {}, move |_| view.reload());
    view! {
        <div class="pane">
            <section class="sec sheet col gap-3">
                <SectionHead title=tr!(backup.title)/>
                <p class="t2">{tr!(backup.about)}</p>
                {move || view.value.get().and_then(|view| notice(&view))}
                {move || view.value.get().filter(|view| view.trial_due).map(|_| view! {
                    <p class="row row-3 top t2" data-testid="backup-trial-due"><Icon name="warn" class="warning"/><span>{tr!(backup.trial_due)}</span></p>
                })}
                <div class="row">
                    <button class="btn btn--primary" on:click=do_make disabled=busy data-testid="backup-now"><Icon name="in"/>
                        {move || if make.busy.get() { tr!(backup.making) } else { tr!(backup.now) }}</button>
                    <button class="btn" on:click=do_trial disabled=busy data-testid="backup-drill"><Icon name="check"/>
                        {move || if trial.busy.get() { tr!(backup.trying) } else { tr!(backup.drill) }}</button>
                </div>
                <Running busy=Signal::derive(move || make.busy.get() || trial.busy.get())/>
                {move || result.get().map(|(good, text)| view! {
                    <p class="row row-3 top" role="status" data-testid="backup-tried"><Icon name=if good { "check" } else { "warn" } class=if good { "success" } else { "danger" }/><span>{text}</span></p>
                })}
                <FormFailure failure=make.failure/>
                <FormFailure failure=trial.failure/>
            </section>
            <section class="sec sec--flush" style="max-width:720px">
                <SectionHead title=tr!(backup.saved)/>
                {loaded(view, move |view| if view.rows.is_empty() { view! { <EmptyLine text=tr!(backup.none)/> }.into_any() } else { table(&view.rows, restoring).into_any() })}
            </section>
            <section class="sec sheet col gap-3">
                <SectionHead title=tr!(backup.how)/>
                {move || view.value.get().map(|view| how(&view))}
                <FormFailure failure=folder.failure/>
                <div class="row"><button class="btn" on:click=do_folder disabled=busy data-testid="backup-folder"><Icon name="pen"/>{tr!(backup.change)}</button>
                    <button class="btn" on:click=do_pick disabled=move || pick.busy.get() data-testid="restore-other"><Icon name="in"/>{tr!(backup.restore_other)}</button></div>
                <FormFailure failure=pick.failure/>
                <p class="s12 t2">{tr!(backup.restore_about)}</p>
            </section>
            <RestoreDialog restoring/>
            <SpaceSection/>
        </div>
    }
}

/// What a person should know: the last try failed, or all of it lies on this very disk.
fn notice(view: &BackupView) -> Option<impl IntoView + use<>> {
    let text = match &view.failed {
        Some(code) => {
            let why = zuc_ipc::sentence(code).unwrap_or(code).to_owned();
            tr!(backup.failed, at = format::instant(&view.failed_at), why = why)
        }
        None if view.inside => tr!(backup.inside).to_owned(),
        None => return None,
    };
    Some(view! { <p class="row row-3 top t2" data-testid="backup-notice"><Icon name="warn"/><span>{text}</span></p> })
}

/// How far it is, once it takes longer than a moment.
#[component]
pub(super) fn Running(busy: Signal<bool>) -> impl IntoView {
    let progress = RwSignal::new(BackupProgress::default());
    listen::<BackupProgress>("backup-progress", move |now| {
        progress.try_set(now);
    });
    #[expect(clippy::cast_precision_loss, reason = "a share of a bar")]
    let percent = Signal::derive(move || {
        let now = progress.get();
        format::share(now.done as f64, now.total as f64)
    });
    let step = move || match progress.get().step.as_str() {
        "write" => tr!(backup.step_write),
        "check" | "read" => tr!(backup.step_check),
        "project" => tr!(backup.step_project),
        "verify" => tr!(backup.step_verify),
        _ => tr!(backup.step_copy),
    };
    view! {
        {move || busy.get().then(|| view! {
            <div class="col gap-2" data-testid="backup-progress"><span class="t2">{step}</span><Progress percent label=tr!(backup.title)/></div>
        })}
    }
}

fn table(rows: &[BackupRow], restoring: Restoring) -> impl IntoView + use<> {
    let lines = rows
        .iter()
        .map(|row| {
            let reason = match row.reason.as_str() {
                "manual" => tr!(backup.manual),
                "migration" => tr!(backup.migration),
                "restore" => tr!(backup.before),
                _ => tr!(backup.daily),
            };
            let whose = if row.own { (Tone::Accent, tr!(devices.this)) } else { (Tone::Neutral, tr!(backup.other)) };
            let name = row.path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            let asked = row.clone();
            view! {
                <tr data-testid="backup-row"><td class="tn m">{format::instant(&row.at)}</td><td class="t2">{reason}</td><td class="num tn">{format::bytes(row.size)}</td>
                    <td><Badge tone=whose.0 text=whose.1/></td><td class="mono s12 t3 narrow-hide"><span class="cut">{name}</span></td>
                    <td><button class="btn btn--ghost btn--sm" on:click=move |_| restoring.ask(asked.clone()) data-testid="restore-row">{tr!(backup.restore_do)}</button></td></tr>
            }
        })
        .collect_view();
    view! {
        <table class="tbl" data-testid="backup-table"><colgroup><col style="width:160px"/><col style="width:120px"/><col style="width:96px"/><col style="width:120px"/><col class="narrow-hide"/><col style="width:104px"/></colgroup>
            <thead><tr><th>{tr!(backup.made)}</th><th>{tr!(backup.reason)}</th><th class="num">{tr!(backup.size)}</th><th>{tr!(devices.device)}</th><th class="narrow-hide">{tr!(backup.file)}</th><th></th></tr></thead>
            <tbody>{lines}</tbody></table>
    }
}

fn how(view: &BackupView) -> impl IntoView + use<> {
    let tried = if view.tried_at.is_empty() { tr!(backup.never).to_owned() } else { format::instant(&view.tried_at) };
    view! {
        <dl class="dl dl--left" style="grid-template-columns:160px 1fr">
            <dt>{tr!(backup.daily)}</dt><dd>{tr!(backup.hour)}</dd>
            <dt>{tr!(backup.kept)}</dt><dd>{tr!(backup.kept_what)}</dd>
            <dt>{tr!(backup.folder)}</dt><dd class="mono s12" data-testid="backup-where">{view.folder.clone()}</dd>
            <dt>{tr!(backup.sealed)}</dt><dd>{tr!(backup.sealed_how)}</dd>
            <dt>{tr!(backup.drill)}</dt><dd class="tn">{tried}</dd>
            {(view.files_elsewhere > 0).then(|| view! {
                <dt>{tr!(files.title)}</dt><dd data-testid="backup-without">{tr!(backup.without, count = format::count(view.files_elsewhere))}</dd>
            })}
        </dl>
    }
}
