//! The test schema in both its versions, generated from `generator/tests/quotes-v0.xml` and
//! `quotes-v1.xml`.

/// Generated code looks for its siblings in the module around it.
macro_rules! version {
    ($name:ident) => {
        pub mod $name {
            //! One version.
            use sbe_schemas::{header, show, tail};

            pub mod quotes;
            pub mod types;
        }
    };
}

version!(v0);
version!(v1);
