//! What boards and the palette show.

mod palette;
