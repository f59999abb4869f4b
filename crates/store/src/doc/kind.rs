//! The shape of each kind of document.

/// The map of transition records, in every document.
pub const TRANSITIONS: &str = "transitions";

/// What a missing key in a written map means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// An add-wins set: what is missing was taken out.
    Set,
    /// Records and fields of items, `{item}/{field}`: no key dies; a missing item is marked as gone by the writer.
    Grow,
}

/// One container of scalars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapSpec {
    /// Its key in the root.
    pub name: &'static str,
    /// How it treats what is missing.
    pub keep: Keep,
}

/// A kind of document. Its containers are part of the genesis change's hash: frozen once released.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The name on the wire and in `doc.kind`.
    pub name: &'static str,
    /// Its maps besides `transitions`.
    pub maps: &'static [MapSpec],
    /// Its character-merged texts.
    pub texts: &'static [&'static str],
}

impl Kind {
    /// The root keys that hold a container.
    pub fn containers(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(TRANSITIONS).chain(self.maps.iter().map(|map| map.name)).chain(self.texts.iter().copied())
    }

    /// True for a root key that holds a container and is never written as a register.
    pub fn is_container(&self, key: &str) -> bool {
        key == TRANSITIONS || self.maps.iter().any(|map| map.name == key) || self.texts.contains(&key)
    }
}
