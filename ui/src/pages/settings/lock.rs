//! The lock: whether the data open without a passphrase, after how long they lock, and what opens them then.

use leptos::prelude::*;
use zuc_ipc::company::Secret;
use zuc_ipc::list;
use zuc_ipc::lock::{LockIdle, LockPut, LockView};
use zuc_ipc::shared::Empty as Nothing;

use crate::action::Action;
use crate::backend::{Query, Topics, use_query};
use crate::components::{Badge, Choice, FormFailure, Icon, SectionHead, Segments, TextField, Tone, use_toaster};
use crate::loaded::loaded;
use crate::session::use_session;
use crate::words::tr;

/// State, passphrase, when it locks.
#[component]
pub(crate) fn LockSection() -> impl IntoView {
    let view = use_query::<list::LockGet>(Topics::SETTINGS, || Some(Nothing {}));
    view! { <div class="pane">{loaded(view, move |now| whole(&now, view))}</div> }
}

fn whole(now: &LockView, view: Query<LockView>) -> impl IntoView + use<> {
    let state = if now.on { (Tone::Ok, tr!(lock.on)) } else { (Tone::Neutral, tr!(lock.off)) };
    let badge = view! { <Badge tone=state.0 text=state.1/> }.into_any();
    let (on, keyring, minutes) = (now.on, now.keyring, now.idle_minutes);
    view! {
        <section class="sec sheet col gap-3" data-testid="lock-state">
            <SectionHead title=tr!(lock.section) end=badge/>
            <p class="t2">{if on { tr!(lock.on_about) } else { tr!(lock.off_about) }}</p>
            <p class="t2">{if keyring { tr!(lock.half) } else { tr!(lock.alone) }}</p>
            {on.then(|| view! { <When minutes view/> })}
        </section>
        <section class="sec sheet col gap-3"><Phrase on view/></section>
        {(on && keyring).then(|| view! { <section class="sec sheet col gap-3"><Off view/></section> })}
    }
}

/// Now, or after a while without anybody.
#[component]
fn When(minutes: u32, view: Query<LockView>) -> impl IntoView {
    let session = use_session();
    let (when, now) = (Action::new(), Action::new());
    let named =
        |minutes: u32| if minutes == 0 { tr!(lock.never).to_owned() } else { tr!(lock.minutes, minutes = minutes) };
    let choices = [5, 15, 30, 60, 0].map(|minutes| Choice::new(minutes.to_string(), named(minutes))).to_vec();
    let choose = Callback::new(move |chosen: String| {
        let idle = LockIdle { minutes: chosen.parse().unwrap_or_default() };
        when.run::<list::LockWhen>(idle, move |_| view.reload());
    });
    let lock = move || now.run::<list::LockNow>(Nothing {}, move |boot| session.put(boot));
    view! {
        <div class="field"><span class="s12 t2">{tr!(lock.idle)}</span>
            <div class="row"><Segments label=tr!(lock.idle) choices value=minutes.to_string() on_choose=choose testid="lock-idle"/></div></div>
        <FormFailure failure=when.failure/>
        <div class="row">
            <button class="btn" disabled=move || now.busy.get() on:click=move |_| lock() data-testid="lock-now">
                <Icon name="lock"/>{tr!(lock.now)}</button>
        </div>
        <FormFailure failure=now.failure/>
    }
}

/// A passphrase, or another.
#[component]
fn Phrase(on: bool, view: Query<LockView>) -> impl IntoView {
    let toaster = use_toaster();
    let [current, phrase, again] = [(); 3].map(|()| RwSignal::new(String::new()));
    let action = Action::new();
    let differs = RwSignal::new(false);
    let put = move || {
        differs.set(phrase.get_untracked() != again.get_untracked());
        if differs.get_untracked() {
            return;
        }
        let put = LockPut { current: current.get_untracked(), phrase: phrase.get_untracked() };
        action.run::<list::LockSet>(put, move |_| {
            toaster.say(tr!(lock.done));
            view.reload();
        });
    };
    let differing = Signal::derive(move || differs.get().then(|| tr!(lock.differs).to_owned()));
    view! {
        <form class="col gap-3" on:submit=move |event| { event.prevent_default(); put(); }>
            <SectionHead title=if on { tr!(lock.change) } else { tr!(lock.make) }/>
            {on.then(|| view! { <TextField label=tr!(lock.current) value=current kind="password" error=action.field("current") testid="lock-current"/> })}
            <TextField label=tr!(lock.new) value=phrase kind="password" error=action.field("phrase") help=tr!(lock.long).to_owned() testid="lock-phrase-new"/>
            <TextField label=tr!(lock.again) value=again kind="password" error=differing testid="lock-phrase-again"/>
            <FormFailure failure=action.elsewhere(&["current", "phrase"])/>
            <div class="row"><button type="submit" class="btn btn--primary" disabled=move || action.busy.get() data-testid="lock-put">
                {move || if action.busy.get() { tr!(lock.sealing) } else if on { tr!(lock.change) } else { tr!(lock.make) }}</button></div>
            <p class="row top row-3 s12 t2"><Icon name="info" class="i-14 t3"/><span>{tr!(lock.lost)}</span></p>
        </form>
    }
}

/// No passphrase any more.
#[component]
fn Off(view: Query<LockView>) -> impl IntoView {
    let toaster = use_toaster();
    let current = RwSignal::new(String::new());
    let action = Action::new();
    let off = move || {
        action.run::<list::LockOff>(Secret { text: current.get_untracked() }, move |_| {
            toaster.say(tr!(lock.taken_off));
            view.reload();
        });
    };
    view! {
        <form class="col gap-3" on:submit=move |event| { event.prevent_default(); off(); }>
            <SectionHead title=tr!(lock.take_off)/>
            <p class="t2">{tr!(lock.take_off_about)}</p>
            <TextField label=tr!(lock.current) value=current kind="password" error=action.field("current") testid="lock-off-phrase"/>
            <FormFailure failure=action.elsewhere(&["current"])/>
            <div class="row"><button type="submit" class="btn btn--danger" disabled=move || action.busy.get() data-testid="lock-off">{tr!(lock.take_off)}</button></div>
        </form>
    }
}
