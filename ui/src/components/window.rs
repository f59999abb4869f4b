//! Which rows of a long list stand on the screen.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

use crate::theme;

/// Rows drawn above and below what is seen.
const OVERSCAN: usize = 20;

/// The rows on the screen of a list with rows of one height.
#[derive(Clone, Copy)]
pub(crate) struct RowWindow {
    /// The box that scrolls.
    pub(crate) node: NodeRef<html::Div>,
    top: RwSignal<f64>,
    height: RwSignal<f64>,
}

impl RowWindow {
    /// A window over the box that `node` will be given to.
    pub(crate) fn new() -> Self {
        let window = Self { node: NodeRef::new(), top: RwSignal::new(0.0), height: RwSignal::new(800.0) };
        Effect::new(move |_| {
            if let Some(node) = window.node.get() {
                window.measure(&node);
                let measure = Closure::<dyn FnMut()>::new(move || {
                    if let Some(node) = window.node.try_get_untracked().flatten() {
                        window.measure(&node);
                    }
                });
                if let Ok(observer) = web_sys::ResizeObserver::new(measure.as_ref().unchecked_ref()) {
                    observer.observe(&node);
                }
                // Lives as long as the observed element does.
                measure.forget();
            }
        });
        window
    }

    fn measure(self, node: &web_sys::HtmlDivElement) {
        let height = f64::from(node.client_height());
        if (self.height.get_untracked() - height).abs() > 1.0 {
            self.height.set(height);
        }
    }

    /// To be called by the box's `scroll`.
    pub(crate) fn scrolled(self) {
        if let Some(node) = self.node.get_untracked() {
            self.top.set(f64::from(node.scroll_top()));
        }
    }

    /// First row drawn and the one after the last, of `total`.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels of a screen, never negative")]
    pub(crate) fn range(self, total: usize) -> (usize, usize) {
        let row = theme::row_height();
        let first = (self.top.get() / row).max(0.0) as usize;
        let shown = (self.height.get() / row).ceil() as usize + 1;
        (first.saturating_sub(OVERSCAN).min(total), (first + shown + OVERSCAN).min(total))
    }

    /// Scrolls so that row `index` stands clear of the header.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "row counts are far below 2^52")]
    pub(crate) fn reveal(self, index: usize) {
        let Some(node) = self.node.get_untracked() else { return };
        let row = theme::row_height();
        let (top, height) = (index as f64 * row, f64::from(node.client_height()) - row - 2.0);
        let seen = f64::from(node.scroll_top());
        if top < seen {
            node.set_scroll_top(top as i32);
        } else if top + row > seen + height {
            node.set_scroll_top((top + row - height) as i32);
        }
    }
}

/// An empty row as tall as `rows` rows that are not drawn.
#[component]
pub(crate) fn Spacer(rows: usize, columns: u32) -> impl IntoView {
    #[expect(clippy::cast_precision_loss, reason = "row counts are far below 2^52")]
    let height = rows as f64 * theme::row_height();
    (rows > 0).then(|| view! { <tr class="spacer" aria-hidden="true"><td colspan=columns style=format!("height:{height}px")></td></tr> })
}
