//! An address that leads nowhere.

use leptos::prelude::*;

use crate::components::Empty;
use crate::route;
use crate::shell::TopBar;
use crate::words::tr;

/// Says so, and leads back to Inicio.
#[component]
pub(crate) fn Nowhere() -> impl IntoView {
    view! {
        <TopBar title=tr!(nowhere.title).to_owned()/>
        <Gone/>
    }
}

/// In the place of a record that is not there, or no longer: to ask again would change nothing.
#[component]
pub(crate) fn Gone() -> impl IntoView {
    let home = view! { <a class="btn" href=route::HOME>{tr!(nowhere.home)}</a> }.into_any();
    view! { <div class="body"><Empty title=tr!(nowhere.title) why=tr!(nowhere.why) actions=home/></div> }
}
