//! What is open at this desk: nothing yet, data that need a passphrase, a joining under way, or a company; or why
//! nothing opens.

mod boot;
mod code;
mod found;
mod join;
mod lock;
mod open;
mod recover;
mod removed;
mod restore;

use std::{
    path::PathBuf,
    sync::{Arc, Weak, atomic::AtomicI64},
};

use tokio::sync::{Mutex, broadcast};
use zuc_store::{Store, keys::Home};

pub(crate) use open::{actor_in, role, wire_role};

use crate::{AppError, Notice, Office, ports::Ports};

/// The desk of one home. One per process; a second process on the same home is refused.
pub struct Desk {
    root: PathBuf,
    ports: Ports,
    state: Mutex<State>,
    notices: broadcast::Sender<Notice>,
    /// When somebody was last seen to sit here, in Unix milliseconds.
    touched: AtomicI64,
    /// Itself, for what goes on when nobody asks.
    me: Weak<Self>,
}

/// How far the home is.
enum State {
    /// Not opened, or it did not open.
    Shut,
    /// No company here.
    Fresh(Home),
    /// The data are sealed by a passphrase nobody has typed.
    Locked(Home),
    /// Asked to join; waiting for an admin.
    Joining(Store, join::Joining),
    /// Open; `true` while the recovery code was not typed back.
    Open(Arc<Office>, bool),
    /// The company took this device out and asked it to keep nothing; it keeps nothing.
    Wiped,
    /// Between two states, while one is being made of the other.
    Moving,
}

impl Desk {
    /// The desk of the home at `root`; opens it as far as it can without a person.
    ///
    /// # Errors
    /// `store.home_in_use` when another process works there; the store's codes when the home cannot be opened.
    pub async fn at(root: PathBuf, ports: Ports) -> Result<Arc<Self>, AppError> {
        let desk = Self::shut(root, ports);
        desk.try_open(&mut *desk.state.lock().await).await?;
        Ok(desk)
    }

    /// The desk of a home that opens when it is first asked where it stands: a window must be there to say why not.
    pub fn shut(root: PathBuf, ports: Ports) -> Arc<Self> {
        let (notices, _) = broadcast::channel(256);
        Arc::new_cyclic(|me| Self {
            root,
            ports,
            state: Mutex::new(State::Shut),
            notices,
            touched: AtomicI64::new(0),
            me: me.clone(),
        })
    }

    /// Folder of the home.
    pub fn root(&self) -> &std::path::Path {
        &self.root
    }

    /// What happens here from now on.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    /// The open company.
    ///
    /// # Errors
    /// `app.no_company` or `app.locked`; `sync.revoked` or `sync.wiped` once the company has taken this device out.
    pub async fn office(&self) -> Result<Arc<Office>, AppError> {
        match &*self.state.lock().await {
            State::Open(office, _) => office.is_of_the_company().map(|()| office.clone()),
            State::Wiped => Err(removed::wiped()),
            State::Locked(_) => Err(AppError::new("app.locked", "the passphrase was not given")),
            State::Shut | State::Fresh(_) | State::Joining(..) | State::Moving => {
                Err(AppError::new("app.no_company", "no company is open here"))
            }
        }
    }

    /// Ends the exchange and closes the data; what was acknowledged is already on disk.
    pub async fn close(&self) {
        let state = std::mem::replace(&mut *self.state.lock().await, State::Moving);
        match state {
            State::Open(office, _) => self.leave(&office).await,
            State::Joining(store, _) => store.close().await,
            State::Shut | State::Fresh(_) | State::Locked(_) | State::Wiped | State::Moving => {}
        }
    }
}
