//! Pictures of the window.

use std::time::Instant;

use super::{PATIENCE, Window};
use crate::{
    album::{self, NARROW, WIDE},
    display::pictures,
};

/// No skeleton is left.
const AT_REST: &str = "return document.querySelector('.sk') === null && document.fonts.status === 'loaded'";
/// The skeleton shows itself, which it does when the answer takes longer than a moment.
const ON_ITS_WAY: &str = "const skeleton = document.querySelector('[data-testid=skeleton]'); \
    return document.fonts.status === 'loaded' && skeleton !== null && getComputedStyle(skeleton).visibility === 'visible'";

impl Window {
    /// The pictures of a page as it stands: light, dark and narrow.
    pub(crate) async fn portrait(&self, page: &str) {
        self.looks(page, AT_REST).await;
    }

    /// The same of a page whose answer is still on its way.
    pub(crate) async fn waiting(&self, page: &str) {
        self.looks(page, ON_ITS_WAY).await;
    }

    async fn looks(&self, page: &str, ready: &str) {
        self.theme("light").await;
        self.picture(page, "light", WIDE, ready).await;
        self.theme("dark").await;
        self.picture(page, "dark", WIDE, ready).await;
        self.theme("light").await;
        self.size(NARROW).await;
        self.picture(page, "narrow", NARROW, ready).await;
        self.size(WIDE).await;
    }

    /// The picture of a page with nothing on it.
    pub(crate) async fn empty(&self, page: &str) {
        self.picture(page, "empty", WIDE, AT_REST).await;
    }

    async fn theme(&self, theme: &str) {
        self.run("document.documentElement.dataset.theme = arguments[0]", &[theme]).await;
    }

    async fn size(&self, size: (u32, u32)) {
        self.display.resize(size);
        let script = "return innerWidth === Number(arguments[0]) && innerHeight === Number(arguments[1])";
        self.until("the new size", script, &[&size.0.to_string(), &size.1.to_string()]).await;
    }

    /// Takes a picture once the page is `ready`: every font there, two frames drawn, and the screen twice the same.
    async fn picture(&self, page: &str, look: &str, size: (u32, u32), ready: &str) {
        assert!(album::holds(page, look), "nobody owes {page}-{look}: the album has to name it");
        self.until("a page at rest", ready, &[]).await;
        let file = pictures().join(format!("{page}-{look}.png"));
        let mut before = Vec::new();
        let start = Instant::now();
        loop {
            let frames = "const done = arguments[arguments.length - 1]; \
                requestAnimationFrame(() => requestAnimationFrame(() => done(true)))";
            self.client.execute_async(frames, Vec::new()).await.expect("a page that draws");
            self.display.picture(&file, size);
            let now = std::fs::read(&file).expect("the picture was taken");
            if now == before {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{page} does not come to rest");
            before = now;
        }
    }
}
