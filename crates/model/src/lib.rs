//! The words of anycast as types.
