//! A signature drawn with finger, pen or mouse, and its PNG.

use std::fmt::Write as _;

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, PointerEvent};

use crate::components::Icon;
use crate::words::tr;

/// Size of the drawing in its own units; the PNG has twice as many pixels.
const SIZE: (f64, f64) = (500.0, 190.0);
/// Ink on paper, whatever the theme of the screen.
const INK: &str = "#17191e";

/// What was drawn, stroke by stroke.
#[derive(Clone, Copy)]
pub(crate) struct Strokes {
    points: RwSignal<Vec<Vec<(f64, f64)>>>,
    drawing: StoredValue<bool>,
}

impl Strokes {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self { points: RwSignal::new(Vec::new()), drawing: StoredValue::new(false) }
    }

    /// Nothing was drawn; the caller runs again with every point.
    pub(crate) fn is_empty(self) -> bool {
        self.points.with(|strokes| strokes.iter().map(Vec::len).sum::<usize>() < 2)
    }

    fn path(self) -> String {
        let mut path = String::new();
        self.points.with(|strokes| {
            for stroke in strokes {
                for (index, (x, y)) in stroke.iter().enumerate() {
                    // Writing to a string does not fail.
                    let _ = write!(path, "{}{x:.1} {y:.1}", if index == 0 { "M" } else { "L" });
                }
            }
        });
        path
    }

    /// The drawing as base64 PNG, dark on nothing; `None` when there is no drawing or no canvas.
    pub(crate) fn png(self) -> Option<String> {
        if self.points.with_untracked(Vec::is_empty) {
            return None;
        }
        let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
        canvas.set_width(1000);
        canvas.set_height(380);
        let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        context.scale(2.0, 2.0).ok()?;
        context.set_stroke_style_str(INK);
        context.set_line_width(2.2);
        context.set_line_cap("round");
        context.set_line_join("round");
        self.points.with_untracked(|strokes| {
            for stroke in strokes {
                context.begin_path();
                for (index, (x, y)) in stroke.iter().enumerate() {
                    if index == 0 { context.move_to(*x, *y) } else { context.line_to(*x, *y) }
                }
                context.stroke();
            }
        });
        canvas.to_data_url_with_type("image/png").ok()?.strip_prefix("data:image/png;base64,").map(str::to_owned)
    }
}

/// The place to sign.
#[component]
pub(crate) fn Signature(strokes: Strokes, name: RwSignal<String>) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let place = move |event: &PointerEvent| {
        let rect = node.get_untracked()?.get_bounding_client_rect();
        let scale = |at: i32, from: f64, length: f64, size: f64| (f64::from(at) - from) / length.max(1.0) * size;
        Some((
            scale(event.client_x(), rect.left(), rect.width(), SIZE.0),
            scale(event.client_y(), rect.top(), rect.height(), SIZE.1),
        ))
    };
    let down = move |event: PointerEvent| {
        if let Some(point) = place(&event) {
            event.prevent_default();
            if let Some(element) = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            {
                // Without the capture a stroke only ends at the edge.
                let _ = element.set_pointer_capture(event.pointer_id());
            }
            strokes.drawing.set_value(true);
            strokes.points.update(|strokes| strokes.push(vec![point]));
        }
    };
    let moved = move |event: PointerEvent| {
        if strokes.drawing.get_value()
            && let Some(point) = place(&event)
        {
            strokes.points.update(|strokes| {
                if let Some(stroke) = strokes.last_mut() {
                    stroke.push(point);
                }
            });
        }
    };
    let up = move |_: PointerEvent| strokes.drawing.set_value(false);
    view! {
        <div class="sign" node_ref=node>
            <svg viewBox=format!("0 0 {} {}", SIZE.0, SIZE.1) preserveAspectRatio="none" role="img" aria-label=move || tr!(sign.signature_of, name = name.get()) data-testid="sign-pad"
                on:pointerdown=down on:pointermove=moved on:pointerup=up on:pointercancel=up>
                <path d=move || strokes.path() vector-effect="non-scaling-stroke"></path>
            </svg>
            <span style="position:absolute;left:32px;right:32px;bottom:36px;border-top:1px solid var(--line);pointer-events:none"></span>
            <span class="s12 t3" style="position:absolute;left:32px;bottom:12px;pointer-events:none">{move || name.get()}</span>
            <button type="button" class="btn btn--sm btn--ghost" style="position:absolute;right:8px;top:8px" on:click=move |_| strokes.points.set(Vec::new()) data-testid="sign-clear"><Icon name="undo" class="i-14"/>{tr!(sign.clear)}</button>
        </div>
    }
}
