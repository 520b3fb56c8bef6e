//! Each check with the fault that it must catch.
