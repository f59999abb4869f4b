//! Enums whose variants have one stable name, in documents, rows and events alike.

use thiserror::Error;

/// The text is no name of the list it was looked up in.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{text} is not one of the names of {list}")]
pub struct UnknownName {
    /// The list.
    pub list: &'static str,
    /// The text.
    pub text: String,
}

impl UnknownName {
    /// Stable code of this error.
    pub const fn code(&self) -> &'static str {
        "name.unknown"
    }
}

macro_rules! named {
    ($($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal,)+ })+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$doc])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable name.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::shared::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.name() == text).ok_or_else(|| $crate::shared::UnknownName {
                    list: stringify!($name),
                    text: text.to_owned(),
                })
            }
        }
    )+};
}

pub(crate) use named;
