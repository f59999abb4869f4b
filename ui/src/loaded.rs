//! A query on the page: skeleton, failure, nothing of that name, or view.

use std::sync::Arc;

use leptos::prelude::*;

use crate::backend::Query;
use crate::components::{FailureNotice, SkeletonRows};
use crate::pages::Gone;

/// Shows `view` once there is an answer, a skeleton before, and the failure when there is none to show.
pub(crate) fn loaded<T, V>(query: Query<T>, view: impl Fn(Arc<T>) -> V + Send + 'static) -> impl IntoView
where
    T: Send + Sync + 'static,
    V: IntoView + 'static,
{
    move || match (query.value.get(), query.failure.get()) {
        (Some(value), _) => view(value).into_any(),
        (None, Some(failure)) if failure.code == "app.not_found" => view! { <Gone/> }.into_any(),
        (None, Some(failure)) => {
            view! { <FailureNotice failure on_retry=Callback::new(move |()| query.reload())/> }.into_any()
        }
        (None, None) => view! { <SkeletonRows/> }.into_any(),
    }
}
