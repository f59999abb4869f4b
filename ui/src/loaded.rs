//! A query on the page: skeleton, failure or view.

use std::sync::Arc;

use leptos::prelude::*;

use crate::backend::Query;
use crate::components::{FailureNotice, SkeletonRows};

/// Shows `view` once there is an answer, a skeleton before, and the failure when there is none to show.
pub(crate) fn loaded<T, V>(query: Query<T>, view: impl Fn(Arc<T>) -> V + Send + 'static) -> impl IntoView
where
    T: Send + Sync + 'static,
    V: IntoView + 'static,
{
    move || match (query.value.get(), query.failure.get()) {
        (Some(value), _) => view(value).into_any(),
        (None, Some(failure)) => {
            view! { <FailureNotice failure on_retry=Callback::new(move |()| query.reload())/> }.into_any()
        }
        (None, None) => view! { <SkeletonRows/> }.into_any(),
    }
}
