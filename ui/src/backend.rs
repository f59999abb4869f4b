//! The only place that talks to the shell: calls, the small cache of their replies, and the events it sends.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::*;
use zuc_ipc::{Changes, Command, Failure};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["window", "__TAURI_INTERNALS__"], js_name = invoke)]
    async fn invoke(name: &str, args: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["window", "__TAURI_INTERNALS__"], js_name = transformCallback)]
    fn transform_callback(callback: &Closure<dyn FnMut(JsValue)>, once: bool) -> Result<JsValue, JsValue>;
}

/// Asks the shell for `C`.
///
/// # Errors
/// The shell's refusal, or `app.internal` when the two ends do not understand each other.
pub(crate) async fn call<C: Command>(args: &C::Args) -> Result<C::Reply, Failure> {
    decode(&raw::<C>(args).await?)
}

async fn raw<C: Command>(args: &C::Args) -> Result<JsValue, Failure> {
    #[derive(Serialize)]
    struct Envelope<'a, A> {
        args: &'a A,
    }
    let envelope = Envelope { args }
        .serialize(&serde_wasm_bindgen::Serializer::json_compatible())
        .map_err(|error| Failure::new("app.internal", error.to_string()))?;
    invoke(C::NAME, envelope).await.map_err(|refusal| {
        serde_wasm_bindgen::from_value(refusal.clone())
            .unwrap_or_else(|_| Failure::new("app.internal", refusal.as_string().unwrap_or_default()))
    })
}

fn decode<T: DeserializeOwned>(reply: &JsValue) -> Result<T, Failure> {
    serde_wasm_bindgen::from_value(reply.clone()).map_err(|error| Failure::new("app.internal", error.to_string()))
}

/// Hears an event of the shell for as long as the window lives.
pub(crate) fn listen<T: DeserializeOwned + 'static>(event: &'static str, mut hear: impl FnMut(T) + 'static) {
    #[derive(serde::Deserialize)]
    struct Event<T> {
        payload: T,
    }
    let closure = Closure::<dyn FnMut(JsValue)>::new(move |value: JsValue| {
        // An event of another shape is from another version; the next query still tells the truth.
        if let Ok(Event { payload }) = serde_wasm_bindgen::from_value::<Event<T>>(value) {
            hear(payload);
        }
    });
    leptos::task::spawn_local(async move {
        let Ok(handler) = transform_callback(&closure, false) else { return };
        let args = js_sys::Object::new();
        let target = js_sys::Object::new();
        for (object, key, value) in [
            (&target, "kind", JsValue::from_str("Any")),
            (&args, "event", JsValue::from_str(event)),
            (&args, "target", target.clone().into()),
            (&args, "handler", handler),
        ] {
            // A plain object takes any property.
            let _ = js_sys::Reflect::set(object, &key.into(), &value);
        }
        // Without events the window still works; it only learns of changes when it asks.
        let _ = invoke("plugin:event|listen", args.into()).await;
        closure.forget();
    });
}

/// What a reply depends on: it is asked for again when one of these changes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Topics(u8);

impl Topics {
    /// Leads, activities, held duplicates.
    pub(crate) const LEADS: Self = Self(1);
    /// Customers, contacts, contracts.
    pub(crate) const CUSTOMERS: Self = Self(2);
    /// Opportunities.
    pub(crate) const OPPORTUNITIES: Self = Self(4);
    /// Proposals and products.
    pub(crate) const PROPOSALS: Self = Self(8);
    /// Invoices and CFDI.
    pub(crate) const INVOICES: Self = Self(16);
    /// Company, devices, certificates, settings.
    pub(crate) const SETTINGS: Self = Self(32);
    /// Everything.
    pub(crate) const ALL: Self = Self(63);
    /// Nothing: the reply does not change while the window lives.
    pub(crate) const NONE: Self = Self(0);

    /// Both.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn of(changes: &Changes) -> Self {
        let flags = [
            (changes.leads, Self::LEADS),
            (changes.customers, Self::CUSTOMERS),
            (changes.opportunities, Self::OPPORTUNITIES),
            (changes.proposals, Self::PROPOSALS),
            (changes.invoices, Self::INVOICES),
            (changes.settings, Self::SETTINGS),
        ];
        flags.into_iter().filter(|(changed, _)| *changed).fold(Self::NONE, |sum, (_, topic)| sum.and(topic))
    }
}

/// Counts the changes of each topic, so that queries know when to ask again.
#[derive(Clone, Copy)]
pub(crate) struct Bus {
    versions: [RwSignal<u32>; 6],
}

impl Bus {
    /// Puts the bus in the context and hears the shell's `changes`.
    pub(crate) fn provide() -> Self {
        let bus = Self { versions: std::array::from_fn(|_| RwSignal::new(0)) };
        provide_context(bus);
        listen::<Changes>("changes", move |changes| bus.publish(&changes));
        bus
    }

    /// Tells every query what changed.
    pub(crate) fn publish(self, changes: &Changes) {
        let topics = Topics::of(changes);
        for (index, version) in self.versions.iter().enumerate() {
            if topics.0 & (1 << index) != 0 {
                version.update(|version| *version += 1);
            }
        }
    }

    /// The version of `topics`; the caller runs again when it grows.
    pub(crate) fn version(self, topics: Topics) -> u32 {
        self.versions
            .iter()
            .enumerate()
            .filter(|(index, _)| topics.0 & (1 << index) != 0)
            .map(|(_, version)| version.get())
            .sum()
    }
}

/// A reply kept until its topics change.
struct Kept {
    version: u32,
    text: String,
    value: Rc<dyn Any>,
}

thread_local! {
    static CACHE: RefCell<HashMap<String, Kept>> = RefCell::new(HashMap::new());
}

/// A question to the shell that keeps itself up to date.
pub(crate) struct Query<T: Send + Sync + 'static> {
    /// The last answer; stays while a newer one is on its way.
    pub(crate) value: RwSignal<Option<Arc<T>>>,
    /// Why there is none.
    pub(crate) failure: RwSignal<Option<Failure>>,
    again: RwSignal<u32>,
}

impl<T: Send + Sync + 'static> Clone for Query<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T: Send + Sync + 'static> Copy for Query<T> {}

impl<T: Send + Sync + 'static> Query<T> {
    /// Forgets a failure; says nothing when there was none.
    fn forgive(self) {
        if self.failure.with_untracked(Option::is_some) {
            self.failure.set(None);
        }
    }

    /// Asks again, whatever the cache says.
    pub(crate) fn reload(self) {
        self.again.update(|again| *again += 1);
    }
}

/// Asks for `C` now and whenever `args` or one of `topics` change; `None` asks nothing.
pub(crate) fn use_query<C>(topics: Topics, args: impl Fn() -> Option<C::Args> + 'static) -> Query<C::Reply>
where
    C: Command + 'static,
    C::Args: 'static,
    C::Reply: Send + Sync + 'static,
{
    let bus: Bus = expect_context();
    let query = Query { value: RwSignal::new(None), failure: RwSignal::new(None), again: RwSignal::new(0) };
    let serial = StoredValue::new(0_u32);
    Effect::new(move |before: Option<u32>| {
        let again = query.again.get();
        let version = bus.version(topics);
        let Some(args) = args() else { return again };
        let key = format!("{} {}", C::NAME, serde_json::to_string(&args).unwrap_or_default());
        let kept = CACHE.with_borrow(|cache| {
            cache.get(&key).and_then(|kept| {
                Some((kept.version == version, kept.text.clone(), kept.value.clone().downcast::<Arc<C::Reply>>().ok()?))
            })
        });
        serial.update_value(|serial| *serial += 1);
        let mine = serial.get_value();
        let mut shown = String::new();
        if let Some((fresh, text, value)) = kept {
            let same = query.value.with_untracked(|now| now.as_ref().is_some_and(|now| Arc::ptr_eq(now, &value)));
            if !same {
                query.value.set(Some((*value).clone()));
            }
            if fresh && before.is_none_or(|before| before == again) {
                return again;
            }
            shown = text;
        }
        leptos::task::spawn_local(async move {
            let reply = raw::<C>(&args).await;
            if serial.try_get_value() != Some(mine) {
                return;
            }
            match reply.and_then(|reply| {
                let text = js_sys::JSON::stringify(&reply).ok().and_then(|text| text.as_string()).unwrap_or_default();
                if text == shown && query.value.with_untracked(Option::is_some) {
                    Ok(None)
                } else {
                    Ok(Some((decode::<C::Reply>(&reply)?, text)))
                }
            }) {
                Ok(None) => {
                    CACHE.with_borrow_mut(|cache| {
                        if let Some(kept) = cache.get_mut(&key) {
                            kept.version = version;
                        }
                    });
                    query.forgive();
                }
                Ok(Some((value, text))) => {
                    let value = Arc::new(value);
                    CACHE.with_borrow_mut(|cache| {
                        cache.insert(key, Kept { version, text, value: Rc::new(value.clone()) })
                    });
                    query.forgive();
                    query.value.set(Some(value));
                }
                Err(failure) => query.failure.set(Some(failure)),
            }
        });
        again
    });
    query
}
