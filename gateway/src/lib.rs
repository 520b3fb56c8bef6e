//! Being built.
pub mod fix;
pub mod io;
