//! A popover beside what opened it: `Esc` or a press outside closes it and focus returns.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent, Node};

/// Where a popover hangs, in window pixels.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Anchor {
    /// Left edge.
    pub(crate) left: f64,
    /// Edge it hangs from.
    pub(crate) top: f64,
    /// It grows upwards from `top` instead of downwards.
    pub(crate) above: bool,
}

impl Anchor {
    /// Under `element`, kept inside the window for a popover of `width` by `height`.
    pub(crate) fn below(element: &web_sys::Element, width: f64, height: f64) -> Self {
        let rect = element.get_bounding_client_rect();
        let (window_width, window_height) = window_size();
        let above = rect.bottom() + height > window_height && rect.top() > height;
        Self {
            left: rect.left().min(window_width - width - 8.0).max(8.0),
            top: if above { rect.top() - 6.0 } else { rect.bottom() + 6.0 },
            above,
        }
    }
}

/// Inner size of the window in pixels.
pub(crate) fn window_size() -> (f64, f64) {
    let size = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|value| value.as_f64()).unwrap_or(1440.0);
    (size(window().inner_width()), size(window().inner_height()))
}

/// The popover itself; shown while `anchor` holds a place.
#[component]
pub(crate) fn Popover(
    anchor: RwSignal<Option<Anchor>>,
    #[prop(into)] label: String,
    #[prop(default = 328)] width: u32,
    testid: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let children = StoredValue::new(children);
    let before = StoredValue::new_local(None::<HtmlElement>);
    let close = move || {
        anchor.set(None);
        if let Some(element) = before.get_value() {
            // The element may be gone; then focus stays with the page.
            let _ = element.focus();
        }
    };
    Effect::new(move |_| {
        if anchor.get().is_some()
            && let Some(popover) = node.get()
        {
            before.set_value(document().active_element().and_then(|element| element.dyn_into().ok()));
            let _ = popover.focus();
        }
    });
    let outside = window_event_listener(leptos::ev::mousedown, move |event| {
        let inside = node.get_untracked().is_some_and(|popover| {
            popover.contains(event.target().and_then(|target| target.dyn_into::<Node>().ok()).as_ref())
        });
        if anchor.get_untracked().is_some() && !inside {
            anchor.set(None);
        }
    });
    on_cleanup(move || outside.remove());
    move || {
        anchor.get().map(|place| {
            let vertical = if place.above {
                format!("bottom:{:.0}px", window_size().1 - place.top)
            } else {
                format!("top:{:.0}px", place.top)
            };
            view! {
                <div
                    node_ref=node
                    class="pop pop--fixed"
                    role="dialog"
                    aria-label=label.clone()
                    tabindex="-1"
                    style=format!("left:{:.0}px;{vertical};width:{width}px", place.left)
                    data-testid=testid
                    on:keydown=move |event: KeyboardEvent| {
                        event.stop_propagation();
                        if event.key() == "Escape" { close(); }
                    }
                >
                    {children.read_value()()}
                </div>
            }
        })
    }
}
