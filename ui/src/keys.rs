//! Actions with their keys: one listener of the window, the palette and the sheet of shortcuts read the same list.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

/// Something that can be done from anywhere on this page.
#[derive(Clone)]
pub(crate) struct Deed {
    /// Stable name.
    pub(crate) id: &'static str,
    /// As the palette and the sheet call it.
    pub(crate) title: String,
    /// Its icon in the palette.
    pub(crate) icon: &'static str,
    /// Keys one after another, such as `["g", "p"]`; empty when it has none.
    pub(crate) keys: &'static [&'static str],
    /// What it does.
    pub(crate) run: Callback<()>,
}

/// The deeds of the page that is open.
#[derive(Clone, Copy)]
pub(crate) struct Deeds {
    all: RwSignal<Vec<Deed>>,
}

impl Deeds {
    /// Puts the list in the context and starts to listen to the keyboard.
    pub(crate) fn provide() -> Self {
        let deeds = Self { all: RwSignal::new(Vec::new()) };
        provide_context(deeds);
        let waiting = StoredValue::new(None::<(String, f64)>);
        window_event_listener(leptos::ev::keydown, move |event| deeds.pressed(&event, waiting));
        deeds
    }

    /// Everything that can be done now.
    pub(crate) fn list(self) -> Vec<Deed> {
        self.all.get()
    }

    fn pressed(self, event: &KeyboardEvent, waiting: StoredValue<Option<(String, f64)>>) {
        let writing = is_writing(event);
        let key = if event.ctrl_key() || event.meta_key() {
            format!("ctrl+{}", event.key().to_lowercase())
        } else {
            event.key().to_lowercase()
        };
        let single = !key.starts_with("ctrl+");
        if is_locked() || event.default_prevented() || event.alt_key() || (single && (writing || dialog_open())) {
            return;
        }
        let now = event.time_stamp();
        let before = waiting.get_value().filter(|(_, at)| now - at < 1200.0).map(|(key, _)| key);
        let all = self.all.get_untracked();
        let found = before
            .as_ref()
            .and_then(|first| all.iter().rev().find(|deed| deed.keys == [first.as_str(), key.as_str()]))
            .or_else(|| all.iter().rev().find(|deed| deed.keys == [key.as_str()]));
        if let Some(deed) = found {
            event.prevent_default();
            waiting.set_value(None);
            deed.run.run(());
        } else if single && all.iter().any(|deed| deed.keys.len() == 2 && deed.keys[0] == key) {
            waiting.set_value(Some((key, now)));
        } else {
            waiting.set_value(None);
        }
    }
}

/// Adds deeds for as long as the component that calls this lives.
pub(crate) fn use_deeds(deeds: Vec<Deed>) {
    let all = expect_context::<Deeds>().all;
    let ids: Vec<&'static str> = deeds.iter().map(|deed| deed.id).collect();
    all.update(|all| all.extend(deeds));
    on_cleanup(move || {
        all.try_update(|all| {
            // The page that follows may have added the same name already: only the oldest of each goes.
            for id in ids {
                if let Some(index) = all.iter().position(|deed| deed.id == id) {
                    all.remove(index);
                }
            }
        });
    });
}

fn is_writing(event: &KeyboardEvent) -> bool {
    event.target().and_then(|target| target.dyn_into::<HtmlElement>().ok()).is_some_and(|element| {
        matches!(element.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT") || element.is_content_editable()
    })
}

/// The rooms are there and out of reach.
fn is_locked() -> bool {
    document().query_selector(".rooms[inert]").ok().flatten().is_some()
}

fn dialog_open() -> bool {
    document().query_selector("dialog[open]").ok().flatten().is_some()
}

/// Keys as they stand on a keyboard.
pub(crate) fn key_names(keys: &[&str]) -> Vec<String> {
    keys.iter()
        .flat_map(|key| key.split('+'))
        .map(|key| match key {
            "ctrl" => "Ctrl".to_owned(),
            "escape" => "Esc".to_owned(),
            "enter" => "Enter".to_owned(),
            " " => "Espacio".to_owned(),
            other => other.to_uppercase(),
        })
        .collect()
}
